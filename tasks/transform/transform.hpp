// The transform task: runs and tests a folder of SQL models (docs/tasks/transform.md).
#pragma once

#include <vector>

#include "tasks/data/data_session.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

namespace transform {
data::DataResult<void> run_transform(data::DataSession& session, const Json& parameters);
}

std::vector<TaskType> transform_tasks();

}  // namespace stepwell::tasks
