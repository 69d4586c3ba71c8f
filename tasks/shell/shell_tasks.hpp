// stepwell:shell: a command or a script of the user's, as a process of its own.
#pragma once

#include <vector>

#include "tasks/task.hpp"

namespace stepwell::tasks {

std::vector<TaskType> shell_tasks();

}  // namespace stepwell::tasks
