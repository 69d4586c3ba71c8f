// SW_ASSERT: what must be true unless we made a mistake. On in release builds too; never for what
// a user or the world can cause.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace stepwell {

[[noreturn]] inline void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: assertion does not hold: %s (this is a bug in stepwell)\n", file,
                 line, expression);
    std::abort();
}

}  // namespace stepwell

#define SW_ASSERT(expression) \
    ((expression) ? void(0) : ::stepwell::assertion_failed(#expression, __FILE__, __LINE__))
