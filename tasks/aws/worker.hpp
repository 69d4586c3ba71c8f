// The text of worker/*.py, embedded by the build.
#pragma once

#include <string_view>

namespace stepwell::tasks {

extern const std::string_view kAwsWorker;

}  // namespace stepwell::tasks
