// A task's input as something SQL can select from: files (CSV, NDJSON, JSON, Parquet), a table, or
// a query.
//
// Threads: belongs to the task's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/data/data_session.hpp"
#include "tasks/files/csv_scan.hpp"
#include "tasks/support/parameters.hpp"

namespace stepwell::tasks::data {

/// How an input is named in parameters: {uri, format, options, columns} or {table} or {sql,
/// params}, with `connection`; docs/tasks/common.md.
struct InputSpec {
    Json uri;            // text or list; null for tables and queries
    std::string format;  // csv | ndjson | json | parquet | table | sql; "" = by the files' names
    std::string table;   // as written
    std::string sql;
    std::string connection;
    Json params = Json::object();  // bound in `sql`
    CsvOptions csv;
    std::vector<std::string> nulls;  // texts that stand for NULL, beside the empty one
    bool is_trimmed = false;
    std::string on_bad_line = "fail";  // fail | skip | quarantine
    /// Declared types of text columns: name -> type or {type, format}.
    Json columns = Json::object();
    bool is_changed_only = false;          // files: changed
    std::string new_columns = "add";       // in later files: add | ignore | fail
    std::string missing_columns = "null";  // null | fail
    std::string type_changes = "widen";    // widen | fail

    /// Reads `value`, which may also be a bare uri; what is wrong goes to `faults`.
    static InputSpec parse(const Json& value, std::string_view place, Faults& faults);
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
    std::shared_ptr<const CsvScan> scan;
    std::vector<std::shared_ptr<void>> keep;  // what `relation` needs
};

/// The input with text columns as they stand in the files. `files`: what InputSpec.uri expands to,
/// or a part of it. REQUIRES: a DuckDB connection for files; for tables and queries the one that
/// they are on.
DataResult<Input> open_raw_input(DataSession& session, Connection& connection,
                                 const InputSpec& spec, std::vector<InputFile> files);

/// The input as a task works with it: declared types applied, a broken line or a value that is not
/// of its type fails the query (E_FORMAT, with file and line) or is left out (on_bad_line: skip).
/// Text columns without a declared type stay texts.
DataResult<Input> open_input(DataSession& session, Connection& connection, const InputSpec& spec);

/// As open_input(), of files already chosen (load: the changed ones).
DataResult<Input> open_input_of(DataSession& session, Connection& connection, const InputSpec& spec,
                                std::vector<InputFile> files);

/// An SQL expression for the text column `column` as `type`; NULL where the text is not of that
/// type. `format`: strptime's, for dates and times ("" = ISO).
std::string cast_expression(const std::string& column, const std::string& type,
                            const std::string& format);
/// The column with `nulls` and `trim` applied.
std::string text_expression(const InputSpec& spec, const std::string& column);
/// Whether SQL may say `type` ("decimal(18,2)", "timestamp with time zone"): words, digits,
/// brackets only.
bool is_type_name(const std::string& type);

}  // namespace stepwell::tasks::data
