// A name whose lookup never ends, in this program: for tests of what waits for it.
#pragma once

namespace stepwell::test {

inline constexpr const char* kBlockedName = "never.answered.test";

}  // namespace stepwell::test
