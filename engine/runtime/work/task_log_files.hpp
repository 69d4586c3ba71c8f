// Where logs of tasks are, and what their first lines say: for the files that write and read them.
#pragma once

#include "engine/runtime/work/task_log.hpp"

namespace stepwell::runtime {

std::filesystem::path log_folder_of(const std::filesystem::path& logs, ExecutionId id);
/// What is not said there is empty.
TaskLogHeader log_header_in(const std::string& line);

}  // namespace stepwell::runtime
