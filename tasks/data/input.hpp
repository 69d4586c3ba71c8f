// A task's input as something SQL can select from: files (CSV, NDJSON, JSON, Parquet), a table, or
// a query.
//
// Threads: belongs to the task's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/data/data_session.hpp"
#include "tasks/data/input_spec.hpp"
#include "tasks/files/csv_function.hpp"

namespace stepwell::tasks::data {

/// Values that are taken only because their declaration is loose.
struct LooseColumn {
    std::string column;
    std::string condition;  // SQL over Input.raw_relation, true for such a value
};

struct Input {
    /// What stands behind FROM, on the connection it was opened for.
    std::string relation;
    /// To be bound by every statement that uses `relation`.
    Json parameters = Json::object();
    /// Without the _sw_ ones.
    std::vector<Column> columns;
    std::vector<InputFile> files;
    std::string format;
    /// All columns are texts as they stand in the file, and the relation also has _sw_file,
    /// _sw_line, _sw_fault and _sw_raw (see csv_function.hpp).
    bool is_text = false;
    /// The input before types were applied. What is counted of it: `loose` and broken lines.
    std::string raw_relation;
    bool has_faults = false;  // raw_relation has _sw_fault
    std::vector<LooseColumn> loose;
    std::shared_ptr<const CsvScan> scan;
    /// CSV only: in how many pieces it is read, `_sw_piece` in `raw_relation`; 0 else.
    std::size_t pieces = 0;
    /// CSV only: how many whole records queries over `raw_relation` have read; null else.
    std::shared_ptr<const duckdb::CsvTally> tally;
    std::vector<std::shared_ptr<void>> keep;  // what `relation` needs
};

/// The input with text columns as they stand in the files. `files`: what InputSpec.uri expands to,
/// or a part of it. REQUIRES: a DuckDB connection for files; for tables and queries the one that
/// they are on.
DataResult<Input> open_raw_input(DataSession& session, Connection& connection,
                                 const InputSpec& spec, std::vector<InputFile> files);

/// The input as a task works with it: declared types applied, a value that is not exactly of its
/// type fails the query (E_FORMAT, with file and line); so does a broken line, or it is left out
/// (on_bad_line: skip). Text columns without a declared type stay texts.
DataResult<Input> open_input(DataSession& session, Connection& connection, const InputSpec& spec);

/// As open_input(), of files already chosen (load: the changed ones).
DataResult<Input> open_input_of(DataSession& session, Connection& connection, const InputSpec& spec,
                                std::vector<InputFile> files);

/// The same of one that is open already, as open_raw_input() gave it.
DataResult<Input> with_types(Connection& connection, const InputSpec& spec, Input input);

/// Says in the result how many values each loose declaration took ("loosened").
DataResult<void> count_loosened(DataSession& session, Connection& connection, const Input& input);
/// How many records were left out as broken (on_bad_line: skip).
DataResult<std::int64_t> count_bad_lines(Connection& connection, const InputSpec& spec,
                                         const Input& input);

/// `relation` for a query on DuckDB whose rows may come in any order, and therefore from several
/// threads at once: else it keeps the order of a table function, by one thread.
std::string unordered(const std::string& relation);

}  // namespace stepwell::tasks::data
