#include "tasks/etl/etl_shape.hpp"

#include "tasks/data/input_spec.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::sql;
using shape::either;
using shape::flag;
using shape::list;
using shape::mapping;
using shape::object;
using shape::text;
using shape::texts;
using shape::whole;

Shape bookmark() {
    return object("bookmark", "files that were read before are left out",
                  {text("by", "").one_of({"files"}).needed()});
}

/// One input where it names what it reads, else several by name.
Shape inputs_shape() {
    Shape shape = data::input_shape("input", "one input, or several by name", {bookmark()});
    for (Shape& form : shape.forms) {
        if (form.kind == Shape::Kind::object) form.where({"uri", "table", "sql"});
    }
    shape.forms.push_back(mapping("", "", one_input_shape()).filled());
    return shape.needed();
}

Shape write_policy() {
    return object("schema_policy", "where the rows and the table differ",
                  {text("new_columns", "").one_of({"add", "fail"}).or_else("add"),
                   text("missing", "").one_of({"null", "fail"}).or_else("null"),
                   text("type_changes", "").one_of({"allow", "fail"}).or_else("fail")});
}

Shape write_shape() {
    return object(
        "write", "the lake table that is written",
        {text("uri", "its folder").needed(),
         text("format", "").one_of({"parquet"}).or_else("parquet"),
         text("mode", "what becomes of the rows that are there")
             .one_of({"error", "append", "ignore", "overwrite", "overwrite_partitions", "merge"})
             .or_else("error"),
         texts("partition_by", "columns that become folders"),
         texts("keys", "for `mode: merge`: columns that identify a row"),
         texts("sort_by", "order within files"),
         text("compression", "")
             .one_of({"zstd", "snappy", "gzip", "uncompressed", "lz4", "brotli"})
             .or_else("zstd"),
         shape::special(
             "target_file_size", "where there are no partitions",
             "a size of at least 1MB, such as 256MB",
             [](const Json& value) { return data::parse_bytes(value).value_or(0) >= 1'000'000; },
             {"string", "number"})
             .or_else("256MB"),
         whole("max_partitions", "that one write may touch").from_to(1, 1e9).or_else("10000"),
         write_policy()});
}

Shape scd2_shape() {
    return object(
        "scd2", "instead of `write`: a dimension that keeps its history",
        {text("target", "[CONNECTION.][SCHEMA.]TABLE").needed(),
         data::connection("of the table; `wh` where nothing is said"),
         texts("keys", "columns that name one thing").needed(),
         texts("track", "columns whose change makes a version; all others where nothing is said"),
         texts("ignore", "columns whose change makes none"),
         text("effective", "the column that says since when a row is so").needed(),
         object(
             "columns", "names of the versions' columns",
             {text("from", "").or_else("effective_date"), text("to", "").or_else("expiration_date"),
              text("current", "").or_else("is_current")}),
         shape::scalar("open_end", "the end of a current version; NULL where nothing is said"),
         text("deletes", "keys that the input does not have")
             .one_of({"close", "ignore"})
             .or_else("ignore"),
         text("late_rows", "rows older than the current version")
             .one_of({"reject", "fail"})
             .or_else("reject"),
         text("hash", "without effect: versions are compared").one_of({"", "md5"})});
}

std::vector<Shape> named(std::vector<Shape> members) {
    members.push_back(text("name", "of the check"));
    members.push_back(
        text("severity", "whether the task fails").one_of({"error", "warn"}).or_else("error"));
    return members;
}

bool is_pair(const Json& value) {
    return value.is_array() && value.size() == 2;
}

Shape bounds(std::string_view name, std::string_view says) {
    return either(name, says,
                  {whole("", ""), object({whole("min", "at least"), whole("max", "at most")})});
}

Shape check_shape() {
    const auto columns_or = [](std::string_view name, std::string_view says,
                               std::string_view member) {
        return either(
            name, says,
            {texts("", "columns").filled(), object(named({texts(member, "columns").needed()}))});
    };
    return object({either("row_count", "how many rows",
                          {whole("", ""), object(named({whole("min", ""), whole("max", "")}))}),
                   columns_or("duplicates", "no key comes twice", "keys"),
                   columns_or("not_null", "each row has a value", "columns"),
                   object("rows", "no row is so",
                          named({sql("where", "a condition for bad rows").needed()})),
                   object("sql", "the query gives no row",
                          named({sql("failing_rows", "a query over `input`").needed()})),
                   object("aggregate", "a number over all rows",
                          named({sql("expr", "the aggregate").needed(),
                                 shape::special("between", "", "[LOW, HIGH]", is_pair, {"array"})
                                     .needed()}))})
        .just_one_of({"row_count", "duplicates", "not_null", "rows", "sql", "aggregate"})
        .called("check");
}

}  // namespace

const Shape& one_input_shape() {
    static const Shape one = data::input_shape("", "an input", {bookmark()});
    return one;
}

const Shape& etl_shape() {
    static const Shape all =
        object({data::bound_values(), inputs_shape(),
                list("steps", "what is done with the rows, one after the other", step_shape()),
                write_shape(), scd2_shape(),
                list("checks", "on the rows that are about to be committed", check_shape()),
                bounds("expect_rows", "how many rows there must be"),
                flag("step_counts", "rows are counted between steps").or_else("true")})
            .just_one_of({"write", "scd2"});
    return all;
}

}  // namespace stepwell::tasks::etl
