// A workflow file, for commands that need no daemon.
#pragma once

#include <string>

#include "api/cli/terminal.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api::cli {

/// Fails with `invalid` where the file has faults; for people they are printed.
Result<definition::Workflow> workflow_of_file(const std::string& file, const Terminal& terminal,
                                              const definition::BuiltinTasks& builtin_tasks);

}  // namespace stepwell::api::cli
