// JSON as text for people.
#pragma once

#include <string>

#include "engine/base/json.hpp"

namespace stepwell {

/// As to_text(), with a line for each member and element, two blanks a level.
std::string to_lines(const Json& value);

}  // namespace stepwell
