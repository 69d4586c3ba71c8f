// Functions: a folder NAME with handler.py in it, run as AWS Lambda's Python runtime would run it.
// Serves stepwell:function, Lambda's ARNs, and lambda:invoke.
#pragma once

#include <vector>

#include "tasks/task.hpp"

namespace stepwell::tasks {

std::vector<TaskType> function_tasks();

}  // namespace stepwell::tasks
