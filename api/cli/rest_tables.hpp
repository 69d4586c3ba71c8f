// The rows of the table of commands, by what they are about.
#pragma once

#include "api/cli/rest_command.hpp"

namespace stepwell::api::cli {

/// start, stop, redrive, failures.
std::vector<RestCommand> run_commands();
/// callbacks, callbacks succeed, fail and heartbeat, send-task-success, -failure and -heartbeat.
std::vector<RestCommand> callback_commands();
/// schedules, schedules pause and resume, triggers, triggers ledger, deadlines.
std::vector<RestCommand> trigger_commands();
/// explain, pools, retention, pause, resume.
std::vector<RestCommand> operation_commands();
/// users, tokens, secrets, audit, each with what is below it.
std::vector<RestCommand> security_commands();

}  // namespace stepwell::api::cli
