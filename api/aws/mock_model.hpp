// What AWS's own model says of the answer of an integration: a mock's result is held against it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace stepwell::api::aws {

/// Which of a model's rules count: every one of them, those about what is there, or none.
enum class ValidationMode { strict, present, none };

/// The model of what `action` gives; nothing: it has none here. Both as history names them:
/// "aws-sdk:s3", "getObject".
std::optional<Json> mock_model(std::string_view service, std::string_view action);

/// The first fault of `result`, in AWS's words; nothing: it fits. REQUIRES: `model` is one of
/// mock_model()'s.
std::optional<std::string> model_fault(const Json& model, const Json& result, ValidationMode mode);

}  // namespace stepwell::api::aws
