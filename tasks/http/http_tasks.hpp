// stepwell:http: one request to a server.
#pragma once

#include <vector>

#include "tasks/task.hpp"

namespace stepwell::tasks {

std::vector<TaskType> http_tasks();

}  // namespace stepwell::tasks
