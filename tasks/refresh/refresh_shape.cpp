#include "tasks/refresh/refresh_shape.hpp"

#include "tasks/support/parameters.hpp"

namespace stepwell::tasks::data {

using shape::flag;
using shape::object;
using shape::text;

const Shape& view_shape() {
    static const Shape view = shape::either(
        "", "",
        {text("", "a name, or a pattern such as mart.*").needed(),
         object({text("name", "[SCHEMA.]VIEW").needed(), sql("sql", "its query").needed()})});
    return view;
}

const Shape& refresh_shape() {
    static const Shape all =
        object({connection("of the views; `wh` where nothing is said"),
                shape::either(
                    "views", "which views, with or without their queries",
                    {text("", "a name, or a pattern").needed(), shape::list("", "", view_shape())})
                    .needed(),
                text("mode", "how they are brought up to date")
                    .one_of({"auto", "full", "incremental", "concurrently"})
                    .or_else("auto"),
                flag("cascade", "views that stand on them, too").or_else("true"),
                flag("only_if_stale", "none whose inputs have not changed").or_else("false"),
                object("incremental", "for `mode: incremental`",
                       {text("key", "the column by which rows are replaced"),
                        duration("window", "how far back rows may have changed")}),
                shape::whole("max_parallel", "without effect: one after the other")});
    return all;
}

}  // namespace stepwell::tasks::data
