// JSON texts into values, for parse_json() and payloads: what is known of a text before it is
// parsed, and the way that keeps each digit.
//
// Threads: pure functions, all safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/base/json.hpp"

namespace stepwell {

/// What can be said of a text without parsing it.
struct JsonShape {
    int depth = 0;
    std::size_t values = 1;     // at most: members, elements, and the document itself
    bool has_long_run = false;  // of digits outside strings: there may be a number beyond 64 bits
};

/// Linear, and does not recurse. REQUIRES: it is JSON; of anything else it says no less.
JsonShape json_shape(std::string_view text);

/// As check_json().
Result<JsonShape> check_json_shape(std::string_view text);

/// REQUIRES: check_json_shape() gave `has_long_run` for it.
Json parse_checked_json(std::string_view text, bool has_long_run);

}  // namespace stepwell
