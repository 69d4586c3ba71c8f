#include "tasks/load/load_shape.hpp"

#include "tasks/data/input_spec.hpp"

namespace stepwell::tasks::data {
namespace {

using shape::flag;
using shape::object;
using shape::text;
using shape::texts;

Shape target_shape() {
    return shape::either(
               "target", "the table that the rows go to",
               {text("", "").filled(),
                object({text("table", "[CONNECTION.][SCHEMA.]TABLE").needed(),
                        connection("of the table; `wh` where nothing is said"),
                        text("create", "whether the table is made where it is not there")
                            .one_of({"auto", "never"})
                            .or_else("auto"),
                        texts("primary_key", "of a table that is made"),
                        shape::list("indexes", "of a table that is made: lists of columns",
                                    texts("", "columns").filled())})})
        .needed();
}

bool is_latest(const Json& value) {
    return value.is_string() && value.get_ref<const std::string&>().starts_with("latest(") &&
           value.get_ref<const std::string&>().ends_with(")");
}

bool is_way_with_duplicates(const Json& value) {
    return value == "fail" || value == "first" || is_latest(value);
}

Shape duplicates_shape() {
    return shape::either(
               "duplicates", "which of several rows of one key is taken",
               {shape::special("", "", "one of fail, first, latest(COLUMN)", is_way_with_duplicates,
                               {"string"}),
                object({sql("latest", "the order by which the last row is the one").needed()})})
        .or_else("fail");
}

Shape update_shape() {
    return object("update", "what is changed in rows that are there",
                  {texts("columns", "which; all where nothing is said"),
                   texts("except", "columns that stay as they are"),
                   sql("when", "only where this holds, over `src` and `dst`"),
                   sql("delete_when", "the row is deleted where this holds")});
}

Shape policy_shape() {
    return object(
        "schema_policy", "where the input and the table differ",
        {text("new_columns", "that the table does not have")
             .one_of({"add", "ignore", "fail"})
             .or_else("add"),
         text("missing_columns", "that the input does not have")
             .one_of({"null", "fail"})
             .or_else("null"),
         text("type_changes", "of columns that both have")
             .one_of({"widen", "stringify", "fail"})
             .or_else("widen"),
         text("drop", "columns of the table are never dropped").one_of({"keep"}).or_else("keep")});
}

}  // namespace

const Shape& load_shape() {
    static const Shape shape = object(
        {input_shape("input", "what is loaded").needed(), target_shape(),
         text("mode", "what becomes of the rows that are there")
             .one_of({"append", "replace", "truncate", "upsert", "merge", "insert_only", "snapshot",
                      "scd2"})
             .or_else("append"),
         texts("keys", "columns that identify a row; the primary key where nothing is said"),
         text("strategy", "how rows are matched")
             .one_of({"auto", "merge", "delete_insert", "on_conflict"})
             .or_else("auto"),
         duplicates_shape(), update_shape(), policy_shape(),
         object("copy", "how texts are read",
                {texts("null_as", "texts that mean NULL"), flag("trim_blanks", "around values"),
                 flag("no_load", "all is checked, and nothing written").or_else("false")}),
         object(
             "audit_columns", "columns that say where a row came from",
             {text("loaded_at", "the time"), text("file", "the file"), text("run_id", "the run")}),
         texts("after", "what is done once the rows are there")
             .one_of({"analyze", "checkpoint", "vacuum"})});
    return shape;
}

}  // namespace stepwell::tasks::data
