// What generic integrations (aws-sdk:SERVICE:ACTION) may name.
//
// Threads: safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stepwell::definition {

/// Nothing where AWS has that action; else what to write instead, which may be empty.
std::optional<std::string> unknown_sdk_action(std::string_view service, std::string_view action);

}  // namespace stepwell::definition
