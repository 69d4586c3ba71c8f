// The text of bootstrap.py, embedded by the build.
#pragma once

#include <string_view>

namespace stepwell::tasks {

extern const std::string_view kFunctionBootstrap;

}  // namespace stepwell::tasks
