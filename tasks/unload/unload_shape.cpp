#include "tasks/unload/unload_shape.hpp"

#include "tasks/support/parameters.hpp"

namespace stepwell::tasks::data {

using shape::flag;
using shape::text;
using shape::texts;

const Shape& unload_shape() {
    static const Shape all =
        shape::object(
            {connection("of `table` and `sql`; `wh` where nothing is said"),
             sql("sql", "a query, whose rows are written"),
             text("table", "[CONNECTION.][SCHEMA.]TABLE, all rows of which are written"),
             bound_values(), text("to", "the folder").needed(),
             text("format", "of the files").one_of({"parquet", "csv", "ndjson"}).or_else("parquet"),
             texts("partition_by", "columns that become folders"),
             flag("parallel", "without effect: the engine decides"),
             size("max_file_size", "where there are no partitions").or_else("256MB"),
             text("overwrite", "what becomes of files that are there")
                 .one_of({"error", "allow", "clean_path"})
                 .or_else("error"),
             shape::either("manifest", "whether manifest.json lists the files",
                           {flag("", ""), text("", "").one_of({"verbose"})})
                 .or_else("verbose"),
             flag("header", "of CSV").or_else("true"),
             shape::scalar("null_as", "the text that NULL becomes in CSV"),
             flag("include_partition_columns", "in the files, too").or_else("false"),
             text("compression", "`zstd` in Parquet where nothing is said, and of texts `none`")
                 .one_of({"zstd", "snappy", "gzip", "uncompressed", "none"}),
             shape::whole("row_limit_guard", "more rows fail the task")})
            .just_one_of({"sql", "table"});
    return all;
}

}  // namespace stepwell::tasks::data
