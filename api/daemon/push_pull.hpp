// `stepwell push` and `stepwell pull`: definitions to and from any Step Functions endpoint, AWS's
// own or a Stepwell's. Who signs is found as the AWS CLI finds it.
#pragma once

#include "api/cli/options.hpp"
#include "api/cli/terminal.hpp"

namespace stepwell::api::cli {

/// Creates or changes a state machine for each workflow file.
int push(const Options& options, const Terminal& terminal);
/// Writes a file for each state machine; of one that is there and says something else only when it
/// is told to.
int pull(const Options& options, const Terminal& terminal);

}  // namespace stepwell::api::cli
