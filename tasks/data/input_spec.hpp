// How a task is told what it reads: docs/tasks/common.md, "Input".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/files/csv_scan.hpp"
#include "tasks/sql/strict_cast.hpp"
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
    bool has_delimiter = false;      // csv.delimiter was said
    std::vector<std::string> nulls;  // texts that stand for NULL, beside the empty one
    bool is_trimmed = false;
    std::string on_bad_line = "fail";  // fail | skip | quarantine
    /// Declared types of columns: name -> type or {type, format, numbers, dates}.
    Json columns = Json::object();
    bool are_numbers_rounded = false;      // numbers: rounded
    bool have_dates_times = false;         // dates: iso_or_time
    bool is_changed_only = false;          // files: changed
    std::string new_columns = "add";       // in later files: add | ignore | fail
    std::string missing_columns = "null";  // null | fail
    std::string type_changes = "widen";    // widen | fail

    /// Checks and reads `value`, which may also be a bare uri; what is wrong goes to `faults`.
    static InputSpec parse(const Json& value, std::string_view place, Faults& faults);
    // Of what has been checked. `read`: of input_object(), by an input_shape().
    static InputSpec read(ParameterReader& read);
    static InputSpec member(ParameterReader& of, std::string_view name);
};

/// A bare place as the object that it stands for.
Json input_object(const Json& value);

/// An input as tasks declare it, with what this one takes further.
Shape input_shape(std::string_view name, std::string_view says, std::vector<Shape> further = {});
/// A type's name, or {type, format, numbers, dates}.
Shape column_type_shape();
Shape type_shape();
Shape numbers_shape();
Shape dates_shape();

/// `numbers: exact | rounded` and `dates: iso | iso_or_time`, with what counts where nothing is
/// said.
DeclaredType read_forms(ParameterReader& read, bool are_numbers_rounded, bool have_dates_times);

/// The declared type of a column; its type is "" where there is none.
DeclaredType declared_type(const InputSpec& spec, const std::string& name);

/// The column with `nulls` and `trim` applied.
std::string text_expression(const InputSpec& spec, const std::string& column);
/// Whether SQL may say `type` ("decimal(18,2)", "timestamp with time zone"): words, digits,
/// brackets only.
bool is_type_name(const std::string& type);

}  // namespace stepwell::tasks::data
