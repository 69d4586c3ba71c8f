#include "tasks/data_tasks.hpp"

#include "tasks/data/data_session.hpp"
#include "tasks/load/load.hpp"
#include "tasks/load/load_shape.hpp"
#include "tasks/map_items/read_items.hpp"
#include "tasks/map_items/write_results.hpp"
#include "tasks/refresh/refresh.hpp"
#include "tasks/refresh/refresh_shape.hpp"
#include "tasks/unload/unload.hpp"
#include "tasks/unload/unload_shape.hpp"
#include "tasks/validate/rejected_rows.hpp"
#include "tasks/validate/validate.hpp"
#include "tasks/validate/validate_shape.hpp"

namespace stepwell::tasks {
namespace {

using Body = data::DataResult<void> (*)(data::DataSession&, const Json&);

TaskType data_task(const char* name, const Shape& takes, Body body) {
    TaskType type;
    type.name = name;
    type.host = HostKind::data;
    type.sections = {"connections", "lakes", "tasks"};
    type.parameters = takes;
    type.run = [name, body](const Json& parameters, TaskContext& context) {
        return data::run_data_task(
            context, name, [&](data::DataSession& session) { return body(session, parameters); });
    };
    return type;
}

data::DataResult<void> run_refresh(data::DataSession& session, const Json& parameters) {
    return data::run_refresh(session, parameters);
}

data::DataResult<void> run_unload(data::DataSession& session, const Json& parameters) {
    return data::run_unload(session, parameters);
}

data::DataResult<void> run_validate(data::DataSession& session, const Json& parameters) {
    return data::run_validate(session, parameters);
}

/// The engine's own, for distributed Maps.
TaskType map_task(const char* name,
                  TaskResult (*run)(const Json& parameters, TaskContext& context)) {
    TaskType type;
    type.name = name;
    type.host = HostKind::data;
    type.sections = {"connections", "lakes", "tasks"};
    type.run = run;
    type.resources = {std::string("map-run:") + name};
    return type;
}

/// The daemon's own, for who looks at what a run put aside.
TaskType rejected_rows_task() {
    TaskType type;
    type.host = HostKind::data;
    type.sections = {"connections", "lakes", "tasks"};
    type.run = data::read_rejected_rows;
    type.resources = {data::kReadRejected};
    return type;
}

}  // namespace

std::vector<TaskType> data_tasks() {
    return {data_task("validate", data::validate_shape(), run_validate),
            data_task("load", data::load_shape(), data::run_load),
            data_task("refresh", data::refresh_shape(), run_refresh),
            data_task("unload", data::unload_shape(), run_unload),
            map_task("read-items", map_items::read_items),
            map_task("write-results", map_items::write_results),
            rejected_rows_task()};
}

}  // namespace stepwell::tasks
