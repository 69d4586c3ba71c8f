// How many cases the tests try that try many: all of them, or a part before a push.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace stepwell::test {

/// Whether `./dev test --quick` has asked for a part only.
inline bool is_quick() {
    const char* const effort = std::getenv("STEPWELL_TEST_EFFORT");
    return effort != nullptr && std::string_view(effort) == "quick";
}

/// `count`, or a quarter of it where it is to be quick.
inline std::uint64_t tries(std::uint64_t count) {
    return is_quick() ? std::max<std::uint64_t>(1, count / 4) : count;
}

}  // namespace stepwell::test
