// The main loop of a task host: `stepwell task-host`, started by HostRunner and by nobody else.
#pragma once

#include "tasks/registry.hpp"

namespace stepwell::tasks {

/// argv[1] of a process that is to be a task host.
inline constexpr const char* kHostCommand = "task-host";

/// Serves the socket kHostSocket until its other end is gone; then kills the children of its tasks
/// and exits the process. Returns (an exit status) only where there is nothing to serve.
int host_main(int argc, char** argv, const TaskCatalog& catalog = builtin_catalog());

}  // namespace stepwell::tasks
