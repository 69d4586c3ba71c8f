// The data tasks for the registry: validate, load, refresh, unload.
#pragma once

#include <vector>

#include "tasks/task.hpp"

namespace stepwell::tasks {

std::vector<TaskType> data_tasks();

}  // namespace stepwell::tasks
