// For what walks values and recurses. Internal to engine/expression/jsonata.
#pragma once

#include "engine/base/work.hpp"

namespace stepwell::expression::jsonata {

/// How deep this thread stands in a value that it walks. Values may be nested far deeper than a
/// stack is: whoever meets one spends all that is left.
class Nesting {
public:
    Nesting() { ++depth; }
    ~Nesting() { --depth; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    static bool is_too_deep(Work& work) {
        constexpr int kDepthMax = 2'000;
        if (depth <= kDepthMax) return false;
        work.spend(Work::kUnlimited);
        return true;
    }

private:
    static inline thread_local int depth = 0;
};

}  // namespace stepwell::expression::jsonata
