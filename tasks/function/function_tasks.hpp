// Functions: a folder NAME with code in it, run as AWS Lambda's Python or Node runtime would.
// Serves stepwell:function, Lambda's ARNs, and lambda:invoke.
#pragma once

#include <vector>

#include "tasks/task.hpp"

namespace stepwell::tasks {

std::vector<TaskType> function_tasks();

}  // namespace stepwell::tasks
