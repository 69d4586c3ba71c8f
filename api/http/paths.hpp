// Paths that the doors know by name.
#pragma once

#include <string_view>

namespace stepwell::api {

// POSTs that only look.
inline constexpr std::string_view kValidationPath = "/api/v1/validation";
/// What stands behind a workflow's path.
inline constexpr std::string_view kStateTestPath = "/state-test";

}  // namespace stepwell::api
