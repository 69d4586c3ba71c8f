#include "tasks/validate/validate_shape.hpp"

#include "tasks/data/input_spec.hpp"

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

Shape policy(std::string_view name, std::string_view says, std::string_view otherwise) {
    return text(name, says).one_of({"ignore", "warn", "fail"}).or_else(otherwise);
}

Shape schema_shape() {
    return object(
        "schema", "of the columns themselves",
        {policy("extra", "columns that no rule is about", "ignore"),
         policy("missing", "columns that are not there", "fail"),
         policy("order", "columns in another order than the rules", "ignore"),
         text("case", "of names").one_of({"insensitive", "sensitive"}).or_else("insensitive")});
}

Shape quarantine_shape() {
    return object("quarantine", "where rejected rows go",
                  {text("uri", "the folder"),
                   text("format", "").one_of({"parquet", "csv"}).or_else("parquet"),
                   tolerance("max_bad", "more rejected rows fail the task")});
}

Shape good_shape() {
    return object("good", "where good rows go",
                  {text("uri", "a file"), text("table", "instead: [CONNECTION.][SCHEMA.]TABLE"),
                   text("format", "of the file").one_of({"parquet", "csv"}).or_else("parquet"),
                   text("mode", "what becomes of the table's rows")
                       .one_of({"replace", "append", "truncate"})
                       .or_else("replace")});
}

bool is_move(const Json& value) {
    return value.is_string() &&
           (value == "" || value.get_ref<const std::string&>().find("->") != std::string::npos);
}

Shape move_shape(std::string_view name, std::string_view says) {
    return shape::special(name, says, "'FROM -> TO'", is_move, {"string"});
}

Shape report_shape() {
    return object("report", "what is written for people",
                  {texts("formats", "").one_of({"json", "html", "junit"}),
                   whole("samples", "bad rows of each check that are shown").or_else("20"),
                   texts("mask", "columns whose values are not shown")});
}

}  // namespace

const Shape& validate_shape() {
    static const Shape all = object(
        {input_shape("input", "what is checked").needed(),
         connection("of `reconcile` and `references`; the input's where nothing is said"),
         text("dataset", "under which results are remembered; workflow, state and uri"),
         bound_values(), schema_shape(),
         shape::mapping("columns", "rules of columns: a type, or an object",
                        shape::either("", "", {type_shape(), column_rule_shape()})),
         list("checks", "on all rows together", check_item_shape()),
         text("on_fail", "what becomes of bad rows, and of the task")
             .one_of({"fail", "quarantine", "drop", "warn"})
             .or_else("fail"),
         quarantine_shape(), good_shape(),
         object("move", "where the input goes by the verdict",
                {move_shape("passed", "'FROM -> TO'"), move_shape("failed", "'FROM -> TO'")}),
         report_shape()});
    return all;
}

}  // namespace stepwell::tasks::data
