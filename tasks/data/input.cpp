#include "tasks/data/input.hpp"

#include <algorithm>
#include <cctype>

#include "tasks/files/csv_function.hpp"

namespace stepwell::tasks::data {
namespace {

std::string file_list(const std::vector<InputFile>& files) {
    Json paths = Json::array();
    for (const auto& file : files) paths.push_back(file.path.string());
    return sql_literal(paths);
}

char single_character(ParameterReader& read, std::string_view name, char otherwise) {
    const std::string text = read.text(name, std::string(1, otherwise));
    if (text == "\\t" || text == "tab") return '\t';
    if (text.size() == 1 && text[0] != '\n' && text[0] != '\r') return text[0];
    if (text.empty() || text[0] == 0) return 0;
    read.fault(name, "expected one character, but got '" + text + "'");
    return otherwise;
}

CsvOptions csv_options(ParameterReader& read) {
    CsvOptions options;
    options.encoding = read.text("encoding", "utf-8");
    for (const auto& [other, name] : {std::pair{"utf8", "utf-8"},
                                      {"latin1", "latin-1"},
                                      {"iso-8859-1", "latin-1"},
                                      {"utf16", "utf-16"}}) {
        if (options.encoding == other) options.encoding = name;
    }
    options.delimiter = single_character(read, "delimiter", ',');
    options.quote = single_character(read, "quote", '"');
    options.escape = single_character(read, "escape", options.quote);
    options.comment = single_character(read, "comment", '\0');
    options.skip = static_cast<int>(read.integer("skip").value_or(0));
    options.has_header = read.flag("header", true);
    options.names = read.texts("names");
    if (const Json* bytes = read.any("max_line_bytes")) {
        const auto parsed = parse_bytes(*bytes);
        if (!parsed || *parsed < 1) read.fault("max_line_bytes", "expected a size like 16MB");
        options.record_bytes_max = static_cast<std::size_t>(parsed.value_or(1));
    }
    return options;
}

}  // namespace

bool is_type_name(const std::string& type) {
    return !type.empty() && type.size() < 200 &&
           std::isalpha(static_cast<unsigned char>(type[0])) != 0 &&
           std::all_of(type.begin(), type.end(), [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '_' || c == '(' || c == ')' || c == ',' ||
                      c == ' ' || c == '[' || c == ']';
           });
}

InputSpec InputSpec::parse(const Json& value, std::string_view place, Faults& faults) {
    InputSpec spec;
    const Json object = value.is_string() || value.is_array() ? Json{{"uri", value}} : value;
    ParameterReader read(object, std::string(place) + ".", faults);
    if (const Json* uri = read.any("uri")) spec.uri = *uri;
    spec.format = read.choice("format", {"", "csv", "ndjson", "json", "parquet"}, "");
    if (spec.format.empty() && read.text("format") == "jsonl") spec.format = "ndjson";
    spec.table = read.text("table");
    spec.sql = read.text("sql");
    spec.connection = read.text("connection");
    if (const Json* params = read.any("params")) spec.params = *params;
    if (const Json* columns = read.any("columns")) spec.columns = *columns;
    spec.is_changed_only = read.choice("files", {"all", "changed"}, "all") == "changed";
    ParameterReader options = read.object("options");
    spec.csv = csv_options(options);
    spec.nulls = options.texts("nulls");
    spec.is_trimmed = options.flag("trim", false);
    spec.on_bad_line = options.choice("on_bad_line", {"fail", "skip", "quarantine"}, "fail");
    options.finish();
    ParameterReader policy = read.object("schema_policy");
    spec.new_columns = policy.choice("new_columns", {"add", "ignore", "fail"}, "add");
    const std::string missing = policy.text("missing", policy.text("missing_columns", "null"));
    if (missing == "fail" || missing == "null")
        spec.missing_columns = missing;
    else
        policy.fault("missing", "expected null or fail, but got '" + missing + "'");
    spec.type_changes = policy.choice("type_changes", {"widen", "fail"}, "widen");
    policy.finish();
    read.finish();
    const int kinds =
        (spec.uri.is_null() ? 0 : 1) + (spec.table.empty() ? 0 : 1) + (spec.sql.empty() ? 0 : 1);
    if (kinds != 1) {
        faults.add(place, "expected exactly one of uri, table and sql, but got " +
                              std::to_string(kinds) + " of them");
    }
    if (!spec.columns.is_object()) {
        faults.add(place, "expected columns to be an object of name: type");
        spec.columns = Json::object();
    }
    for (const auto& [name, declared] : spec.columns.items()) {
        const std::string type =
            declared.is_string() ? declared.get<std::string>() : string_or(declared, "type", "");
        if (!is_type_name(type)) {
            faults.add(std::string(place) + ".columns." + name,
                       "expected a type, but got " + to_text(declared));
        }
    }
    if (!spec.table.empty()) spec.format = "table";
    if (!spec.sql.empty()) spec.format = "sql";
    return spec;
}

namespace {

DataResult<std::string> format_of(const std::vector<InputFile>& files) {
    std::string format;
    for (const auto& file : files) {
        const std::string extension = file.path.extension().string();
        std::string own;
        if (extension == ".csv" || extension == ".tsv" || extension == ".txt") own = "csv";
        if (extension == ".ndjson" || extension == ".jsonl") own = "ndjson";
        if (extension == ".json") own = "json";
        if (extension == ".parquet") own = "parquet";
        if (own.empty() || (!format.empty() && own != format)) {
            return data_fail("E_CONFIG", file.uri +
                                             ": expected files of one known kind (csv, "
                                             "ndjson, json, parquet); say format");
        }
        format = own;
    }
    return format;
}

DataResult<void> open_csv(DataSession& session, const InputSpec& spec, Input& input) {
    CsvOptions options = spec.csv;
    options.temporary_folder = session.locations().temporary_folder();
    options.is_lines = input.format == "ndjson";
    input.scan = SW_TRY(CsvScan::open(input.files, options));
    auto lease = std::make_shared<duckdb::CsvLease>(input.scan);
    input.relation = lease->relation();
    input.keep.push_back(std::move(lease));
    input.is_text = true;
    for (const auto& name : input.scan->columns()) input.columns.push_back({name, "varchar"});
    return {};
}

/// Objects, one per row in `line`, as a relation of text columns.
DataResult<void> open_objects(Connection& connection, Input& input, const std::string& lines) {
    const std::string keys =
        "select key from (select unnest(json_keys(line)) as key, _sw_file, _sw_line from " + lines +
        " where json_valid(line) and json_type(line) = 'OBJECT') group by key order by "
        "min(_sw_file), min(_sw_line), key";
    const Rows rows = SW_TRY(connection.query(keys));
    std::string select;
    for (const auto& row : rows.rows) {
        const std::string name = row[0].get<std::string>();
        // A JSON pointer: no character of a key means anything in it but ~ and /.
        std::string pointer = "/";
        for (const char c : name) pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        select += "case when _sw_fault is null then line ->> " + quote_literal(pointer) +
                  " end as " + quote_identifier(name) + ", ";
        input.columns.push_back({name, "varchar"});
    }
    input.relation =
        "(select " + select +
        "_sw_file, _sw_line, _sw_fault, case when _sw_fault is not null then line end as _sw_raw "
        "from (select line, _sw_file, _sw_line, case when _sw_fault is not null then _sw_fault "
        "when not json_valid(line) then 'the line is not JSON' when json_type(line) <> 'OBJECT' "
        "then 'the line is not a JSON object' end as _sw_fault from " +
        lines + " where line is not null))";
    input.is_text = true;
    return {};
}

DataResult<void> open_json(Connection& connection, Input& input) {
    const std::string lines =
        "(select json::varchar as line, filename as _sw_file, row_number() over (partition by "
        "filename) as _sw_line, null::varchar as _sw_fault from read_json_objects(" +
        file_list(input.files) + ", format = 'array', filename = true))";
    return open_objects(connection, input, lines);
}

/// Compares the files' schemas: DuckDB alone would take the first file's and drop the rest.
DataResult<bool> have_one_schema(DataSession& session, Connection& connection,
                                 const InputSpec& spec, const Input& input) {
    if (input.files.size() < 2) return true;
    const Rows rows = SW_TRY(connection.query(
        "select name, count(distinct file_name) as files, count(distinct coalesce(logical_type, "
        "type)) as types, min(file_name) as example from parquet_schema(" +
        file_list(input.files) +
        ") where num_children is null or num_children = 0 "
        "group by name order by name"));
    const auto files = static_cast<std::int64_t>(input.files.size());
    bool is_same = true;
    for (const auto& row : rows.rows) {
        const std::string name = row[0].get<std::string>();
        if (row[1] != files) {
            is_same = false;
            session.result()["schema_changes"].push_back(
                {{"op", "column_not_in_all_files"}, {"column", name}, {"files", row[1]}});
            if (spec.missing_columns == "fail" || spec.new_columns == "fail") {
                return data_fail("E_SCHEMA", "expected column '" + name + "' in all " +
                                                 std::to_string(files) + " files, but it is in " +
                                                 row[1].dump() + " (" + row[3].get<std::string>() +
                                                 ")");
            }
        }
        if (row[2] != 1) {
            is_same = false;
            if (spec.type_changes == "fail") {
                return data_fail("E_SCHEMA", "expected one type for column '" + name +
                                                 "' in all files, but there are " + row[2].dump());
            }
        }
    }
    return is_same;
}

DataResult<void> open_parquet(DataSession& session, Connection& connection, const InputSpec& spec,
                              Input& input) {
    const bool is_same = SW_TRY(have_one_schema(session, connection, spec, input));
    const bool is_hive = std::all_of(input.files.begin(), input.files.end(), [](const auto& file) {
        return file.path.parent_path().string().find('=') != std::string::npos;
    });
    const std::string options =
        std::string(is_same ? "" : ", union_by_name = true") +
        (is_hive ? ", hive_partitioning = true" : ", hive_partitioning = false");
    const std::string scan = "read_parquet(" + file_list(input.files) + options;
    input.columns = SW_TRY(connection.describe("select * from " + scan + ")"));
    input.relation =
        "(select * exclude (filename, file_row_number), filename as _sw_file, "
        "file_row_number + 1 as _sw_line from " +
        scan + ", filename = true, file_row_number = true))";
    return {};
}

DataResult<void> open_query(Connection& connection, const InputSpec& spec, Input& input) {
    // Described alone first: so it is one whole statement, and cannot end the bracket around it.
    input.columns = SW_TRY(connection.describe(spec.sql, spec.params));
    input.relation = "(" + spec.sql + "\n)";
    input.parameters = spec.params;
    return {};
}

}  // namespace

DataResult<Input> open_raw_input(DataSession& session, Connection& connection,
                                 const InputSpec& spec, std::vector<InputFile> files) {
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
        SW_TRY(open_json(connection, input));
    } else {
        SW_TRY(open_csv(session, spec, input));
        if (input.format == "ndjson") {
            input.columns.clear();
            SW_TRY(open_objects(connection, input, input.relation));
        }
    }
    return input;
}

std::string text_expression(const InputSpec& spec, const std::string& column) {
    std::string text = quote_identifier(column);
    if (spec.is_trimmed) text = "nullif(trim(" + text + "), '')";
    if (spec.nulls.empty()) return text;
    std::string list;
    for (const auto& null : spec.nulls) list += (list.empty() ? "" : ", ") + quote_literal(null);
    return "(case when " + text + " in (" + list + ") then null else " + text + " end)";
}

std::string cast_expression(const std::string& text, const std::string& type,
                            const std::string& format) {
    if (!format.empty()) {
        return "try_cast(try_strptime(" + text + ", " + quote_literal(format) + ") as " + type +
               ")";
    }
    return "try_cast(" + text + " as " + type + ")";
}

namespace {

bool is_same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

/// The declared type of a column and its format; "" = none.
std::pair<std::string, std::string> declared_type(const InputSpec& spec, const std::string& name) {
    for (const auto& [key, value] : spec.columns.items()) {
        if (!is_same_name(key, name)) continue;
        if (value.is_string()) return {value.get<std::string>(), ""};
        return {string_or(value, "type", ""), string_or(value, "format", "")};
    }
    return {};
}

/// The value as its type; the query fails with the place where it is not.
std::string strict_expression(const InputSpec& spec, const Column& column) {
    const auto [type, format] = declared_type(spec, column.name);
    std::string text = text_expression(spec, column.name);
    if (type.empty() || type == "varchar") return text;
    const std::string value = cast_expression(text, type, format);
    const std::string what = quote_literal(": column " + column.name + ": expected " + type +
                                           (format.empty() ? "" : " as " + format) + ", but got '");
    return "case when " + text + " is null or " + value + " is not null then " + value +
           " else error(concat('[E_FORMAT] ', _sw_file, ':', _sw_line, " + what + ", " + text +
           ", '''')) end";
}

}  // namespace

DataResult<Input> open_input(DataSession& session, Connection& connection, const InputSpec& spec) {
    std::vector<InputFile> files;
    if (!spec.uri.is_null()) files = SW_TRY(session.locations().expand(spec.uri));
    return open_input_of(session, connection, spec, std::move(files));
}

DataResult<Input> open_input_of(DataSession& session, Connection& connection, const InputSpec& spec,
                                std::vector<InputFile> files) {
    Input input = SW_TRY(open_raw_input(session, connection, spec, std::move(files)));
    if (!input.is_text) return input;
    for (const auto& [name, ignored] : spec.columns.items()) {
        const bool is_there = std::any_of(
            input.columns.begin(), input.columns.end(),
            [&, &key = name](const Column& column) { return is_same_name(key, column.name); });
        if (!is_there) {
            return data_fail("E_SCHEMA", "expected column '" + name + "', but the input has none");
        }
    }
    std::string select;
    for (auto& column : input.columns) {
        select += strict_expression(spec, column) + " as " + quote_identifier(column.name) + ", ";
    }
    const std::string keep_good = spec.on_bad_line == "fail"
                                      ? "case when _sw_fault is null then true else "
                                        "error(concat('[E_FORMAT] ', _sw_file, ':', _sw_line, "
                                        "': ', _sw_fault)) end"
                                      : "_sw_fault is null";
    input.relation = "(select " + select + "_sw_file, _sw_line from " + input.relation + " where " +
                     keep_good + ")";
    input.is_text = false;
    std::vector<std::string> names;
    for (const auto& column : input.columns) names.push_back(column.name);
    input.columns =
        SW_TRY(connection.describe("select " + quoted_list(names) + " from " + input.relation));
    return input;
}

}  // namespace stepwell::tasks::data
