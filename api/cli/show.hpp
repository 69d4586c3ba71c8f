// What commands print for people, out of the views.
#pragma once

#include "api/cli/terminal.hpp"

namespace stepwell::api::cli {

void print_workflows(const Terminal& terminal, const Json& view);
void print_runs(const Terminal& terminal, const Json& view);
void print_run(const Terminal& terminal, const Json& view);
void print_history(const Terminal& terminal, const Json& view);
void print_logs(const Terminal& terminal, const Json& view);

}  // namespace stepwell::api::cli
