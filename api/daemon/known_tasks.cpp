#include "api/daemon/known_tasks.hpp"

#include "tasks/column_checks.hpp"
#include "tasks/registry.hpp"

namespace stepwell::api {

definition::BuiltinTasks known_tasks() {
    definition::BuiltinTasks known;
    for (const std::string& name : tasks::builtin_task_names()) {
        const tasks::TaskType* type = tasks::builtin_catalog().find("stepwell:" + name);
        known.emplace_back(name, type->parameters, tasks::column_check_of(name));
    }
    return known;
}

}  // namespace stepwell::api
