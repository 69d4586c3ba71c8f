// What other actions ask of those that start executions.
#pragma once

#include <optional>
#include <string>

#include "api/aws/aws_error.hpp"
#include "engine/base/payload.hpp"

namespace stepwell::api::aws {

/// `{}` where there is none. Fails with InvalidExecutionInput.
AwsResult<Payload> execution_input(std::optional<std::string> text);

}  // namespace stepwell::api::aws
