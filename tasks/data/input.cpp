#include "tasks/data/input.hpp"

#include <algorithm>

#include "tasks/data/input_formats.hpp"
#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::data {
namespace {

DataResult<std::string> format_of(const std::vector<InputFile>& files) {
    std::string format;
    for (const auto& file : files) {
        const std::string ending = ending_of(file);
        std::string own;
        if (ending == ".csv" || ending == ".tsv" || ending == ".txt") own = "csv";
        if (ending == ".ndjson" || ending == ".jsonl") own = "ndjson";
        if (ending == ".json") own = "json";
        if (ending == ".parquet") own = "parquet";
        if (own.empty() || (!format.empty() && own != format)) {
            return data_fail("E_CONFIG", file.uri +
                                             ": expected files of one known kind (csv, "
                                             "ndjson, json, parquet); say format");
        }
        format = own;
    }
    return format;
}

DataResult<void> open_query(Connection& connection, const InputSpec& spec, Input& input) {
    // Described alone first: so it is one whole statement, and cannot end the bracket around it.
    input.columns = SW_TRY(connection.describe(spec.sql, spec.params));
    input.relation = "(" + spec.sql + "\n)";
    input.parameters = spec.params;
    return {};
}

DataResult<Input> open_relation(DataSession& session, Connection& connection, const InputSpec& spec,
                                std::vector<InputFile> files) {
    Input input;
    input.format = spec.format;
    if (spec.format == "sql") {
        SW_TRY(open_query(connection, spec, input));
        return input;
    }
    if (spec.format == "table") {
        const auto reference = SW_TRY(session.table_reference(spec.table, spec.connection));
        input.columns = SW_TRY(connection.table_columns(reference.name));
        input.relation = quote_table(reference.name, connection.dialect());
        return input;
    }
    if (input.format.empty()) input.format = SW_TRY(format_of(files));
    input.files = std::move(files);
    session.note_inputs(input.files);
    if (input.files.empty()) {
        return data_fail("E_NOT_FOUND",
                         "expected at least one file, but " + to_text(spec.uri) + " matches none");
    }
    if (input.format == "parquet") {
        SW_TRY(open_parquet(session, connection, spec, input));
    } else if (input.format == "json") {
        SW_TRY(open_json(session, connection, spec, input));
    } else if (input.format == "ndjson") {
        SW_TRY(open_ndjson(session, connection, spec, input));
    } else {
        SW_TRY(open_csv(session, spec, input));
    }
    return input;
}

}  // namespace

DataResult<Input> open_raw_input(DataSession& session, Connection& connection,
                                 const InputSpec& spec, std::vector<InputFile> files) {
    Input input = SW_TRY(open_relation(session, connection, spec, std::move(files)));
    input.raw_relation = input.relation;
    input.has_faults = input.is_text;
    return input;
}

DataResult<void> count_loosened(DataSession& session, Connection& connection, const Input& input) {
    if (input.loose.empty()) return {};
    std::string select;
    for (const auto& loose : input.loose) {
        select +=
            (select.empty() ? "" : ", ") + ("count(*) filter (where " + loose.condition + ")");
    }
    const Rows counts =
        SW_TRY(connection.query("select " + select + " from " + input.raw_relation + " as input" +
                                    (input.has_faults ? " where _sw_fault is null" : ""),
                                input.parameters));
    Json& loosened = session.result()["loosened"] = Json::object();
    for (std::size_t i = 0; i < input.loose.size(); ++i) {
        loosened[input.loose[i].column] = counts.rows[0][i];
    }
    return {};
}

DataResult<std::int64_t> count_bad_lines(Connection& connection, const InputSpec& spec,
                                         const Input& input) {
    if (!input.has_faults || spec.on_bad_line != "skip") return std::int64_t{0};
    return connection.query_integer("select count(*) from " + input.raw_relation +
                                    " as input where _sw_fault is not null");
}

namespace {

/// The value as its declared type; the query fails with the place where it is not exactly that.
std::string typed_expression(const InputSpec& spec, Input& input, const Column& column) {
    std::string value =
        input.is_text ? text_expression(spec, column.name) : quote_identifier(column.name);
    const DeclaredType declared = declared_type(spec, column.name);
    if (declared.type.empty()) return value;
    const std::string typed = strict_value(value, column.type, declared);
    if (typed == value) return value;
    const std::string loosened = loosened_condition(value, column.type, declared);
    if (!loosened.empty()) input.loose.push_back({column.name, loosened});
    const std::string place = input.files.empty() ? "" : "_sw_file, ':', _sw_line, ': ', ";
    const std::string what =
        quote_literal("column " + column.name + ": expected " + declared.display() + ", but got '");
    return "coalesce(" + typed + ", case when " + value + " is not null then error(concat(" +
           "'[E_FORMAT] ', " + place + what + ", " + value + ", '''')) end)";
}

DataResult<void> check_declared(const InputSpec& spec, const Input& input) {
    for (const auto& [name, ignored] : spec.columns.items()) {
        const bool is_there = std::any_of(
            input.columns.begin(), input.columns.end(),
            [&, &key = name](const Column& column) { return is_same_column(key, column.name); });
        if (is_there) continue;
        return data_fail("E_SCHEMA", "expected column '" + name + "', but the input has none");
    }
    return {};
}

/// SQL for the code of a fault.
constexpr std::string_view kFaultCode =
    "case when contains(_sw_fault, 'not UTF-8') then 'E_ENCODING' else 'E_FORMAT' end";

/// Why there is not even a column.
DataError no_columns(Connection& connection, const Input& input) {
    const auto fault = connection.query(
        "select concat(_sw_file, ':', _sw_line, ': ', _sw_fault), " + std::string(kFaultCode) +
        " from " + input.raw_relation + " as input where _sw_fault is not null limit 1");
    if (!fault) return fault.error();
    if (!fault->rows.empty()) {
        return {fault->rows[0][1].get<std::string>(), fault->rows[0][0].get<std::string>()};
    }
    return {"E_FORMAT", input.files[0].uri + ": expected " +
                            (input.format == "csv" ? "a header" : "at least one object") +
                            ", but there is none"};
}

/// Which rows of text files are read.
std::string line_condition(const InputSpec& spec, const Input& input) {
    if (!input.has_faults) return "";
    if (spec.on_bad_line == "skip") return " where _sw_fault is null";
    return " where case when _sw_fault is null then true else error(concat('[', " +
           std::string(kFaultCode) + ", '] ', _sw_file, ':', _sw_line, ': ', _sw_fault)) end";
}

}  // namespace

DataResult<Input> open_input(DataSession& session, Connection& connection, const InputSpec& spec) {
    std::vector<InputFile> files;
    if (!spec.uri.is_null()) files = SW_TRY(session.input_files(spec.uri));
    return open_input_of(session, connection, spec, std::move(files));
}

DataResult<Input> open_input_of(DataSession& session, Connection& connection, const InputSpec& spec,
                                std::vector<InputFile> files) {
    Input raw = SW_TRY(open_raw_input(session, connection, spec, std::move(files)));
    return with_types(connection, spec, std::move(raw));
}

DataResult<Input> with_types(Connection& connection, const InputSpec& spec, Input input) {
    if (spec.on_bad_line == "quarantine") {
        return data_fail("E_CONFIG",
                         "input.options.on_bad_line: quarantine is for validate, which has a place "
                         "for what it rejects; here it can be fail or skip");
    }
    if (!input.is_text && spec.columns.empty()) return input;
    if (connection.dialect() == Dialect::sqlite) {
        return data_fail("E_UNSUPPORTED",
                         "expected input.columns of files or of a DuckDB connection, but this is "
                         "SQLite; cast in input.sql instead");
    }
    if (input.columns.empty()) return fail(no_columns(connection, input));
    SW_TRY(check_declared(spec, input));
    std::string select;
    std::vector<std::string> names;
    for (const auto& column : input.columns) {
        const std::string name = quote_identifier(column.name);
        select +=
            (select.empty() ? "" : ", ") + typed_expression(spec, input, column) + " as " + name;
        names.push_back(column.name);
    }
    input.relation = "(select " + select + (input.files.empty() ? "" : ", _sw_file, _sw_line") +
                     " from " + input.raw_relation + " as input" + line_condition(spec, input) +
                     ")";
    input.is_text = false;
    input.columns = SW_TRY(connection.describe(
        "select " + quoted_list(names) + " from " + input.relation + " as input",
        input.parameters));
    return input;
}

std::string unordered(const std::string& relation) {
    // A group has no order, and then the whole has none.
    return "(select source.* from " + relation +
           " as source, (select one from (values (1)) as alone(one) group by one))";
}

}  // namespace stepwell::tasks::data
