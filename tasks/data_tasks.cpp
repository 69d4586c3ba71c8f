#include "tasks/data_tasks.hpp"

#include "tasks/data/data_session.hpp"
#include "tasks/load/load.hpp"
#include "tasks/refresh/refresh.hpp"
#include "tasks/unload/unload.hpp"
#include "tasks/validate/validate.hpp"

namespace stepwell::tasks {
namespace {

using Body = data::DataResult<void> (*)(data::DataSession&, const Json&);

TaskType data_task(const char* name, Body body) {
    TaskType type;
    type.name = name;
    type.host = HostKind::data;
    type.sections = {"connections", "lakes", "tasks"};
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

}  // namespace

std::vector<TaskType> data_tasks() {
    return {data_task("validate", run_validate), data_task("load", data::run_load),
            data_task("refresh", run_refresh), data_task("unload", run_unload)};
}

}  // namespace stepwell::tasks
