// The command line: which command, with which options.
#pragma once

namespace stepwell::api::cli {

/// Runs the command that the arguments name; returns what the process ends with.
int run_command_line(int argc, char** argv);

}  // namespace stepwell::api::cli
