// Globs over names and ARNs: `*` stands for any text, `?` for any one byte, all else for itself.
#pragma once

#include <string_view>

namespace stepwell::tasks {

bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace stepwell::tasks
