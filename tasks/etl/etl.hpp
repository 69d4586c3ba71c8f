// The etl task: inputs through steps into a lake table, or a slowly changing dimension
// (docs/tasks/etl.md).
#pragma once

#include <vector>

#include "tasks/data/data_session.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

namespace etl {
data::DataResult<void> run_etl(data::DataSession& session, const Json& parameters);
}

std::vector<TaskType> etl_tasks();

}  // namespace stepwell::tasks
