// stepwell:notify and sns:publish: a message for people or programs, through the outbox.
#pragma once

#include <vector>

#include "tasks/task.hpp"

namespace stepwell::tasks {

std::vector<TaskType> notify_tasks();

}  // namespace stepwell::tasks
