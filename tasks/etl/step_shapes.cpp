// What each step takes.
#include "tasks/data/input_spec.hpp"
#include "tasks/etl/etl_shape.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::sql;
using shape::any;
using shape::either;
using shape::flag;
using shape::list;
using shape::mapping;
using shape::object;
using shape::text;
using shape::texts;

/// SQL, or a number or a boolean as it stands.
Shape expression(std::string_view name, std::string_view says) {
    return shape::scalar(name, says).needed();
}

Shape column_list(std::string_view name = "", std::string_view says = "columns") {
    return texts(name, says).needed();
}

/// Columns alone, or with what else the step can be told.
Shape columns_or(std::string_view name, std::string_view says, std::vector<Shape> members) {
    return either(name, says, {column_list(), object(std::move(members))});
}

Shape function_step(std::string_view name, std::string_view says) {
    return columns_or(name, says,
                      {column_list("columns"), flag("trim", "before it").or_else("false")});
}

bool is_replacement(const Json& value) {
    return value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string();
}

bool is_glue_mapping(const Json& value) {
    return value.is_array() && value.size() == 4 && value[0].is_string() && value[2].is_string() &&
           value[3].is_string();
}

Shape case_step() {
    return mapping("case", "columns by conditions",
                   list("", "tried in their order",
                        object({sql("when", "a condition"), any("then", "the value"),
                                sql("then_sql", "an expression instead of `then`"),
                                any("else", "the value where none holds; the last entry")}))
                       .needed())
        .needed();
}

Shape cast_step() {
    return mapping("cast", "columns to types",
                   either("", "",
                          {data::type_shape(),
                           object({data::type_shape().needed(),
                                   text("format", "of dates and times, as in strptime"),
                                   data::numbers_shape(), data::dates_shape(),
                                   text("on_error", "what becomes of a value that is none")
                                       .one_of({"fail", "null", "reject"})
                                       .or_else("fail")})}))
        .needed();
}

Shape fill_step() {
    return mapping("fill", "values for NULL",
                   either("", "",
                          {object({text("method", "the last value, or the next")
                                       .one_of({"forward", "backward"})
                                       .or_else("forward"),
                                   texts("order_by", "by which one is last").needed(),
                                   texts("partition_by", "groups that are filled by themselves")}),
                           any("", "the value")}))
        .needed();
}

std::vector<Shape> value_steps() {
    return {
        function_step("trim", "takes blanks away at both ends"),
        function_step("lower", "to small letters"),
        function_step("upper", "to capital letters"),
        mapping("regexp_replace", "column: [pattern, replacement]",
                shape::special("", "", "[pattern, replacement]", is_replacement, {"array"}))
            .needed(),
        mapping("derive", "columns by expressions", expression("", "SQL")).needed(),
        case_step(),
        cast_step(),
        fill_step(),
        columns_or("hash", "columns by their hashes",
                   {column_list("columns"),
                    text("algorithm", "").one_of({"md5", "sha1", "sha256"}).or_else("sha256"),
                    text("salt", "in front of each value")}),
        object(
            "generate_surrogate_key", "a key of several columns, as dbt's",
            {text("name", "of the new column").or_else("surrogate_key"), column_list("columns")}),
        object("window", "window functions over one window",
               {mapping("columns", "name: function", text("", "such as sum(amount)")).needed(),
                texts("partition_by", "groups"), texts("order_by", "order in a group"),
                sql("frame", "such as rows between 6 preceding and current row")}),
    };
}

std::vector<Shape> column_steps() {
    const Shape column_or_derived =
        either("", "", {text("", "a column"), mapping("", "name: SQL", expression("", "SQL"))});
    return {
        either("select", "these columns, in this order",
               {list("", "", column_or_derived).needed(), column_or_derived}),
        column_list("drop", "all but these columns"),
        mapping("rename", "old: new", text("", "the new name").needed()).needed(),
        list("map", "Glue's ApplyMapping",
             shape::special("", "", "[source, type, target, type]", is_glue_mapping, {"array"}))
            .needed(),
    };
}

std::vector<Shape> joining_steps() {
    return {
        object("join", "rows of another input beside",
               {text("with", "the input").needed(),
                texts("on", "columns that both have; or a condition"),
                text("how", "")
                    .one_of({"inner", "left", "right", "full", "semi", "anti", "cross"})
                    .or_else("left"),
                texts("columns", "of the other input; all where nothing is said")}),
        object("lookup", "columns of the one row of another input that fits",
               {text("from", "the input").needed(), column_list("on", "columns that both have"),
                column_list("columns", "that are taken"),
                any("default", "where there is no such row")}),
        columns_or("union", "rows of other inputs behind",
                   {column_list("with", "the inputs"),
                    flag("distinct", "equal rows once").or_else("false")}),
    };
}

std::vector<Shape> row_steps() {
    return {
        either("filter", "rows for which it holds",
               {expression("", "a condition"),
                object({expression("where", "the condition"),
                        flag("reject", "the others count as rejected").or_else("false")})}),
        columns_or(
            "dedupe", "one row of each key",
            {column_list("keys", "that identify a row"), texts("order_by", "the first by it stays"),
             text("ties", "where several are first and differ")
                 .one_of({"error", "any"})
                 .or_else("error")}),
        sql("sql", "a query over `this` and the inputs").needed(),
        object("aggregate", "a row for each group",
               {texts("by", "columns of a group"),
                mapping("columns", "name: aggregate", expression("", "SQL")).needed(),
                sql("having", "groups for which it holds")}),
        column_list("sort", "by these"),
        either(
            "limit", "the first rows",
            {shape::whole("", "").from_to(0, 9e15),
             object(
                 {shape::whole("rows", "how many").from_to(0, 9e15).needed(),
                  shape::whole("offset", "how many before them are left out").from_to(0, 9e15)})}),
    };
}

std::vector<Shape> nested_steps() {
    const std::vector<Shape> members = {
        column_list("column", "the list or struct"), text("as", "name of the elements"),
        flag("outer", "keeps rows whose list is empty or NULL").or_else("false")};
    return {columns_or("unnest", "a row for each element of a list", members),
            columns_or("flatten", "the same as `unnest`", members)};
}

}  // namespace

const Shape& step_shape() {
    static const Shape step = [] {
        std::vector<Shape> all;
        for (const auto& part :
             {value_steps(), column_steps(), row_steps(), joining_steps(), nested_steps()}) {
            all.insert(all.end(), part.begin(), part.end());
        }
        std::vector<std::string> names;
        for (const Shape& one : all) names.push_back(one.name);
        all.push_back(text("name", "of the step, for messages and counts"));
        return object(std::move(all)).just_one_of(std::move(names)).called("step");
    }();
    return step;
}

}  // namespace stepwell::tasks::etl
