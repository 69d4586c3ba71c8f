// SW_ASSERT: what must be true unless we made a mistake. On in release builds too; never for what
// a user or the world can cause.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace stepwell {

/// Thrown instead of ending the process, in a thread that holds an AssertionGuard.
struct AssertionFailure {
    std::string text;
};

inline thread_local int assertion_guards = 0;

/// For the engine's decisions about one execution, which can be dropped as a whole: a bug met there
/// must not take the other executions down.
class AssertionGuard {
public:
    AssertionGuard() { ++assertion_guards; }
    ~AssertionGuard() { --assertion_guards; }
    AssertionGuard(const AssertionGuard&) = delete;
    AssertionGuard& operator=(const AssertionGuard&) = delete;
};

[[noreturn]] inline void assertion_failed(const char* expression, const char* file, int line) {
    if (assertion_guards > 0) {
        throw AssertionFailure{std::string(file) + ":" + std::to_string(line) +
                               ": assertion does not hold: " + expression};
    }
    std::fprintf(stderr, "%s:%d: assertion does not hold: %s (this is a bug in stepwell)\n", file,
                 line, expression);
    std::abort();
}

}  // namespace stepwell

#define SW_ASSERT(expression) \
    ((expression) ? void(0) : ::stepwell::assertion_failed(#expression, __FILE__, __LINE__))
