// What rules of columns and checks take.
#include "tasks/data/input_spec.hpp"
#include "tasks/validate/validate_semantics.hpp"
#include "tasks/validate/validate_shape.hpp"

namespace stepwell::tasks::data {
namespace {

using shape::any;
using shape::flag;
using shape::list;
using shape::number;
using shape::object;
using shape::text;
using shape::texts;
using shape::whole;

Shape severity() {
    return text("severity", "`error`: it can fail the task")
        .one_of({"error", "warn", "info"})
        .or_else("error");
}

Shape mostly() {
    return number("mostly", "the share that must pass").from_to(0, 1);
}

bool is_length(const Json& value) {
    const auto is_bound = [](const Json& bound) {
        return bound.is_null() || bound.is_number_integer();
    };
    if (value.is_array()) return value.size() == 2 && is_bound(value[0]) && is_bound(value[1]);
    if (!value.is_object()) return is_bound(value);
    for (const auto& [name, bound] : value.items()) {
        if ((name != "min" && name != "max") || !is_bound(bound)) return false;
    }
    return true;
}

bool is_range(const Json& value) {
    return value.is_array() && value.size() == 2 && value[0].is_number() && value[1].is_number();
}

bool is_change(const Json& value) {
    const auto parsed = parse_tolerance(value);
    return parsed && parsed->share >= 0;
}

bool is_metric(const Json& value) {
    return value.is_string() && parse_metric(value.get<std::string>()).has_value();
}

Shape byte_count(std::string_view name, std::string_view says) {
    return shape::special(name, says, "a size like 10MB",
                          [](const Json& value) { return parse_bytes(value).value_or(-1) >= 0; },
                          {"string", "number"});
}

/// A check with its own members, and what every check takes.
Shape check(std::string_view name, std::string_view says, std::vector<Shape> members) {
    const std::vector<Shape> common = {text("name", "of the check"), severity(),
                                       sql("where", "the rows that it is about"), mostly(),
                                       tolerance("max_bad", "more failing rows fail the check")};
    Shape made = object(name, says, std::move(members));
    for (const Shape& one : common) {
        if (made.member(one.name) == nullptr) made.members.push_back(one);
    }
    return made;
}

std::vector<Shape> with_range(std::vector<Shape> members) {
    members.push_back(number("min", "at least"));
    members.push_back(number("max", "at most"));
    members.push_back(number("equal", "just so"));
    members.push_back(shape::special("between", "[LOW, HIGH]", "[LOW, HIGH]", is_range, {"array"}));
    return members;
}

Shape references() {
    return check("references", "values are in another table",
                 {text("column", "").needed(),
                  object("to", "where they are",
                         {text("table", "[CONNECTION.][SCHEMA.]TABLE").needed(),
                          text("column", "the same name where nothing is said"),
                          sql("where", "rows that count")})
                      .needed(),
                  text("nulls", "").one_of({"ignore", "fail"}).or_else("ignore")});
}

Shape duplicates() {
    return check("duplicates", "keys come once",
                 {texts("keys", "columns that identify a row").needed(),
                  text("keep", "which row of a key stays")
                      .one_of({"none", "first", "latest"})
                      .or_else("none"),
                  text("order_by", "for `keep: latest`")});
}

Shape change(std::string_view name, std::string_view says) {
    return shape::special(name, says, "a share like 50%", is_change, {"string", "number"});
}

Shape anomaly() {
    return check(
        "anomaly", "a number against earlier results",
        {shape::special("metric", "which number",
                        "row_count, null_rate(C), distinct_count(C), mean(C), sum(C), min(C), "
                        "max(C) or stddev(C)",
                        is_metric, {"string"})
             .needed(),
         whole("history", "how many earlier results").from_to(1, 1e6).or_else("14"),
         number("sigma", "how many standard deviations off").or_else("3")});
}

std::vector<Shape> bounds() {
    std::vector<Shape> all;
    for (const auto& [name, says] : {std::pair{"min", "at least"},
                                     {"max", "at most"},
                                     {"gt", "more than"},
                                     {"ge", "at least"},
                                     {"lt", "less than"},
                                     {"le", "at most"}}) {
        all.push_back(shape::scalar(name, says));
    }
    return all;
}

}  // namespace

const Shape& column_rule_shape() {
    static const Shape rule = [] {
        Shape made = object(
            {type_shape(), text("format", "of dates and times, as in strptime"), numbers_shape(),
             dates_shape(), flag("required", "the column must be there; `schema.missing` decides"),
             flag("nullable", "`false`: no value is missing").or_else("true"),
             flag("not_empty", "no text is blank").or_else("false"),
             flag("unique", "no value comes twice").or_else("false"),
             text("regex", "a match is in it"), text("not_regex", "no match is in it"),
             shape::special("length", "in characters", "[MIN, MAX], {min, max} or a number",
                            is_length, {"number", "array", "object"}),
             list("in", "the allowed values", any("", "")).filled(),
             list("not_in", "forbidden values", any("", "")).filled(),
             text("semantic", "what it stands for").one_of(semantic_names()), mostly(), severity(),
             sql("where", "the rows that it is about")});
        for (Shape& bound : bounds()) made.members.push_back(std::move(bound));
        return made.called("rule");
    }();
    return rule;
}

const Shape& check_item_shape() {
    static const Shape item = [] {
        Shape made = object(
            {check("row_count", "how many rows", with_range({})),
             check("row_count_change", "against the last successful result",
                   {text("vs", "").one_of({"last_success"}).or_else("last_success"),
                    change("max_drop", "as a share"), change("max_rise", "as a share")}),
             duplicates(), references(),
             check("freshness", "the newest value is young enough",
                   {text("column", "").needed(), duration("max_age", "how old it may be").needed(),
                    shape::scalar("as_of", "the time that counts as now")}),
             check("file", "the files' sizes",
                   {byte_count("min_bytes", "at least"), byte_count("max_bytes", "at most"),
                    text("on_exceed", "").one_of({"fail", "warn"}).or_else("fail")}),
             check("aggregate", "a number over all rows",
                   with_range({sql("expr", "the aggregate").needed()})),
             check("reconcile", "a number over all rows against one from a database",
                   {sql("expr", "the aggregate").needed(),
                    object("against", "the other number",
                           {sql("sql", "a query that gives it").needed(),
                            connection("where; that of the task where nothing is said")})
                        .needed(),
                    number("tolerance", "how far apart they may be").or_else("0")}),
             check("rows", "no row is so", {sql("where", "a condition for bad rows").needed()}),
             check("sql", "the query gives no row",
                   {sql("failing_rows", "a query over `input`").needed()}),
             anomaly()});
        std::vector<std::string> names = made.member_names();
        return made.just_one_of(std::move(names)).called("kind of check");
    }();
    return item;
}

}  // namespace stepwell::tasks::data
