#include "tasks/transform/transform_shape.hpp"

#include "tasks/support/parameters.hpp"

namespace stepwell::tasks::transform {

using shape::flag;
using shape::text;
using shape::texts;

const Shape& transform_shape() {
    static const Shape all = shape::object(
        {text("project", "the folder with dbt_project.yml").needed(),
         data::connection("where the models are made; `wh` where nothing is said"),
         text("target", "without effect: there is one target, the connection"),
         text("profiles_dir", "without effect"), text("schema", "of models that name none"),
         text("command", "models, tests, or each model with its tests behind it")
             .one_of({"run", "test", "build"})
             .or_else("build"),
         texts("select", "which nodes, as dbt writes it"), texts("exclude", "which of these not"),
         shape::mapping("vars", "var('NAME') of the models", shape::any("", "")),
         flag("full_refresh", "incremental models are made anew").or_else("false"),
         flag("fail_fast", "nothing begins after the first failure").or_else("false"),
         shape::whole("threads", "how many nodes at once").from_to(1, 16).or_else("2")});
    return all;
}

}  // namespace stepwell::tasks::transform
