// Paths that the doors know by name.
#pragma once

#include <string_view>

namespace stepwell::api {

/// A POST that only looks.
inline constexpr std::string_view kValidationPath = "/api/v1/validation";

}  // namespace stepwell::api
