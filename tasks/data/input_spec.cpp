#include "tasks/data/input_spec.hpp"

#include <algorithm>
#include <cctype>

#include "tasks/sql/column_types.hpp"
#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {
namespace {

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

DeclaredType read_forms(ParameterReader& read, bool are_numbers_rounded, bool have_dates_times) {
    DeclaredType forms;
    forms.are_numbers_rounded = read.choice("numbers", {"exact", "rounded"},
                                            are_numbers_rounded ? "rounded" : "exact") == "rounded";
    forms.have_dates_times = read.choice("dates", {"iso", "iso_or_time"},
                                         have_dates_times ? "iso_or_time" : "iso") == "iso_or_time";
    return forms;
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
    const auto forms = read_forms(options, false, false);
    spec.are_numbers_rounded = forms.are_numbers_rounded;
    spec.have_dates_times = forms.have_dates_times;
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
        const std::string at = std::string(place) + ".columns." + name;
        const std::string type =
            declared.is_string() ? declared.get<std::string>() : string_or(declared, "type", "");
        if (!is_type_name(type)) {
            faults.add(at, "expected a type, but got " + to_text(declared));
        } else if (declared.is_object()) {
            ParameterReader column(declared, at + ".", faults);
            column.text("type");
            column.text("format");
            read_forms(column, spec.are_numbers_rounded, spec.have_dates_times);
            column.finish();
        }
    }
    if (!spec.table.empty()) spec.format = "table";
    if (!spec.sql.empty()) spec.format = "sql";
    return spec;
}

std::string text_expression(const InputSpec& spec, const std::string& column) {
    std::string text = quote_identifier(column);
    if (spec.is_trimmed) text = "nullif(trim(" + text + "), '')";
    if (spec.nulls.empty()) return text;
    std::string list;
    for (const auto& null : spec.nulls) list += (list.empty() ? "" : ", ") + quote_literal(null);
    return "(case when " + text + " in (" + list + ") then null else " + text + " end)";
}

DeclaredType declared_type(const InputSpec& spec, const std::string& name) {
    DeclaredType declared;
    declared.are_numbers_rounded = spec.are_numbers_rounded;
    declared.have_dates_times = spec.have_dates_times;
    for (const auto& [key, value] : spec.columns.items()) {
        if (!is_same_column(key, name)) continue;
        if (value.is_string()) {
            declared.type = value;
            break;
        }
        declared.type = string_or(value, "type", "");
        declared.format = string_or(value, "format", "");
        const std::string numbers = string_or(value, "numbers", "");
        const std::string dates = string_or(value, "dates", "");
        if (!numbers.empty()) declared.are_numbers_rounded = numbers == "rounded";
        if (!dates.empty()) declared.have_dates_times = dates == "iso_or_time";
        break;
    }
    return declared;
}

}  // namespace stepwell::tasks::data
