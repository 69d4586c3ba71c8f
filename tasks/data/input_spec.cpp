#include "tasks/data/input_spec.hpp"

#include <algorithm>
#include <cctype>

#include "tasks/sql/column_types.hpp"
#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

namespace {

/// One character; 0 for none. Nothing where it is something else.
std::optional<char> single_character(const Json& value) {
    if (!value.is_string()) return std::nullopt;
    const auto& text = value.get_ref<const std::string&>();
    if (text == "\\t" || text == "tab") return '\t';
    if (text.size() == 1 && text[0] != '\n' && text[0] != '\r') return text[0];
    if (text.empty() || text[0] == 0) return '\0';
    return std::nullopt;
}

char character(ParameterReader& read, std::string_view name, char otherwise) {
    const Json* found = read.any(name);
    return (found == nullptr ? std::nullopt : single_character(*found)).value_or(otherwise);
}

Shape character(std::string_view name, std::string_view says) {
    return shape::special(name, says, "one character",
                          [](const Json& value) { return single_character(value).has_value(); },
                          {"string"});
}

Shape options_shape() {
    return shape::object(
        "options", "how the files are to be read",
        {character("delimiter", "between fields of CSV; `tab` too").or_else(","),
         character("quote", "around fields of CSV").or_else("\""),
         character("escape", "of a quote in quotes; the quote itself where nothing is said"),
         character("comment", "lines that begin with it are none"),
         shape::whole("skip", "lines before the header").from_to(0, 1e9).or_else("0"),
         shape::flag("header", "whether the first line has the names").or_else("true"),
         shape::texts("names", "of the columns, where there is no header"),
         shape::text("encoding", "of the text")
             .one_of({"utf-8", "latin-1", "utf-16", "utf8", "latin1", "iso-8859-1", "utf16"})
             .or_else("utf-8"),
         shape::texts("nulls", "texts that mean NULL, beside the empty one"),
         shape::flag("trim", "blanks around values are dropped").or_else("false"),
         size("max_line_bytes", "the longest record", "a size like 16MB").or_else("16MB"),
         shape::text("on_bad_line", "what becomes of a record that is broken")
             .one_of({"fail", "skip", "quarantine"})
             .or_else("fail"),
         numbers_shape(), dates_shape()});
}

std::vector<Shape> input_members() {
    return {shape::texts("uri", "a place or a list of places"),
            shape::text("format", "of the files; what their names end in where nothing is said")
                .one_of({"", "csv", "ndjson", "json", "parquet"}),
            shape::text("table", "[CONNECTION.][SCHEMA.]TABLE"),
            sql("sql", "a query"),
            connection("of `table` and `sql`; `wh` where nothing is said"),
            bound_values(),
            shape::mapping("columns", "types of columns", column_type_shape()),
            shape::text("files", "`changed`: those that the target does not have in this version")
                .one_of({"all", "changed"})
                .or_else("all"),
            options_shape(),
            shape::object("schema_policy", "of several files",
                          {shape::text("new_columns", "that the first file does not have")
                               .one_of({"add", "ignore", "fail"})
                               .or_else("add"),
                           shape::text("missing", "columns of the first that are not in all")
                               .one_of({"null", "fail"})
                               .or_else("null"),
                           shape::text("missing_columns", "the same as `missing`")
                               .one_of({"null", "fail"})
                               .or_else("null"),
                           shape::text("type_changes", "of Parquet")
                               .one_of({"widen", "fail"})
                               .or_else("widen")})};
}

CsvOptions csv_options(ParameterReader& read) {
    CsvOptions options;
    options.encoding = read.text("encoding");
    for (const auto& [other, name] : {std::pair{"utf8", "utf-8"},
                                      {"latin1", "latin-1"},
                                      {"iso-8859-1", "latin-1"},
                                      {"utf16", "utf-16"}}) {
        if (options.encoding == other) options.encoding = name;
    }
    options.delimiter = character(read, "delimiter", ',');
    options.quote = character(read, "quote", '"');
    options.escape = character(read, "escape", options.quote);
    options.comment = character(read, "comment", '\0');
    options.skip = static_cast<int>(read.integer("skip").value_or(0));
    options.has_header = read.flag("header");
    options.names = read.texts("names");
    if (const Json* bytes = read.any("max_line_bytes")) {
        options.record_bytes_max = static_cast<std::size_t>(parse_bytes(*bytes).value_or(1));
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

Shape numbers_shape() {
    return shape::text("numbers",
                       "`rounded`: texts with more digits and exponents are numbers, too")
        .one_of({"exact", "rounded"})
        .or_else("exact");
}

Shape dates_shape() {
    return shape::text("dates", "`iso_or_time`: a time behind a date is dropped")
        .one_of({"iso", "iso_or_time"})
        .or_else("iso");
}

Shape type_shape() {
    return shape::special(
        "type", "of the values: types.md", "a type, such as decimal(18,2)",
        [](const Json& value) { return value.is_string() && is_type_name(value); }, {"string"});
}

Shape column_type_shape() {
    return shape::either(
        "", "",
        {type_shape(), shape::object({type_shape().needed(),
                                      shape::text("format", "of dates and times, as in strptime"),
                                      numbers_shape(), dates_shape()})});
}

Shape input_shape(std::string_view name, std::string_view says, std::vector<Shape> further) {
    std::vector<Shape> members = input_members();
    members.insert(members.end(), further.begin(), further.end());
    return shape::either(name, says,
                         {shape::texts("", "a place or a list of places").filled(),
                          shape::object(std::move(members)).just_one_of({"uri", "table", "sql"})});
}

DeclaredType read_forms(ParameterReader& read, bool are_numbers_rounded, bool have_dates_times) {
    const std::string numbers = read.text("numbers");
    const std::string dates = read.text("dates");
    DeclaredType forms;
    forms.are_numbers_rounded = read.has("numbers") ? numbers == "rounded" : are_numbers_rounded;
    forms.have_dates_times = read.has("dates") ? dates == "iso_or_time" : have_dates_times;
    return forms;
}

namespace {

void read_policy(ParameterReader read, InputSpec& spec) {
    spec.new_columns = read.text("new_columns");
    const std::string missing = read.text("missing");
    const std::string missing_columns = read.text("missing_columns");
    spec.missing_columns = read.has("missing") ? missing : missing_columns;
    spec.type_changes = read.text("type_changes");
    read.finish();
}

void read_options(ParameterReader read, InputSpec& spec) {
    spec.csv = csv_options(read);
    spec.has_delimiter = read.has("delimiter");
    spec.nulls = read.texts("nulls");
    spec.is_trimmed = read.flag("trim");
    const auto forms = read_forms(read, false, false);
    spec.are_numbers_rounded = forms.are_numbers_rounded;
    spec.have_dates_times = forms.have_dates_times;
    spec.on_bad_line = read.text("on_bad_line");
    read.finish();
}

}  // namespace

Json input_object(const Json& value) {
    return value.is_string() || value.is_array() ? Json{{"uri", value}} : value;
}

InputSpec InputSpec::read(ParameterReader& read) {
    InputSpec spec;
    if (const Json* uri = read.any("uri")) spec.uri = *uri;
    spec.format = read.text("format");
    spec.table = read.text("table");
    spec.sql = read.text("sql");
    spec.connection = read.text("connection");
    if (const Json* params = read.any("params")) spec.params = *params;
    if (const Json* columns = read.any("columns")) spec.columns = *columns;
    spec.is_changed_only = read.text("files") == "changed";
    read_options(read.object("options"), spec);
    read_policy(read.object("schema_policy"), spec);
    if (!spec.table.empty()) spec.format = "table";
    if (!spec.sql.empty()) spec.format = "sql";
    return spec;
}

InputSpec InputSpec::member(ParameterReader& of, std::string_view name) {
    const Json* value = of.any(name);
    const Json object = value == nullptr ? Json::object() : input_object(*value);
    ParameterReader own(object, of.shape_of(name), of.place_of(name), of.faults());
    InputSpec spec = read(own);
    own.finish();
    return spec;
}

InputSpec InputSpec::parse(const Json& value, std::string_view place, Faults& faults) {
    static const Shape shape = input_shape("", "");
    const Json object = input_object(value);
    ParameterReader own = ParameterReader::checked(object, shape, place, faults);
    return read(own);
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
