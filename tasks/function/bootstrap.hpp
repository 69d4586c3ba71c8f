// The texts of bootstrap.py and bootstrap.mjs, embedded by the build.
#pragma once

#include <string_view>

namespace stepwell::tasks {

extern const std::string_view kFunctionBootstrap;
extern const std::string_view kNodeBootstrap;

}  // namespace stepwell::tasks
