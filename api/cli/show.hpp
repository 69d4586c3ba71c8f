// What commands print for people, out of the views.
#pragma once

#include <string_view>

#include "api/cli/terminal.hpp"

namespace stepwell::api::cli {

/// A value as people read it: text without quotes, nothing for null or where there is none.
std::string plain_text(const Json* value);
/// "2024-01-02T03:04:05.678Z" as "2024-01-02 03:04:05".
std::string time_text(std::string text);

void print_workflows(const Terminal& terminal, const Json& view);
void print_runs(const Terminal& terminal, const Json& view);
void print_run(const Terminal& terminal, const Json& view);
/// How a run ended: its status, how long it took, and why.
void print_outcome(const Terminal& terminal, const Json& run);
/// The sentence of a cause behind `title`, and a line below for each check that failed.
void print_cause(const Terminal& terminal, std::string_view title, const std::string& cause);
void print_history(const Terminal& terminal, const Json& view);
void print_logs(const Terminal& terminal, const Json& view);
/// One workflow: what it is, who answers for it, and where it comes from.
void print_workflow(const Terminal& terminal, const Json& workflow);
void print_redrive_plan(const Terminal& terminal, const Json& plan);
/// One line of a log that is followed; under a heading where it is not of the same attempt as the
/// one before, which `heading` remembers.
void print_log_line(const Terminal& terminal, const Json& line, std::string& heading);

}  // namespace stepwell::api::cli
