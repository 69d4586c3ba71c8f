// How far the oldest runs need not be looked at again: those that failed may be kept for years
// behind those that have gone long ago. Pure: no clock, no journal.
#pragma once

#include "engine/runtime/keep/retention_rules.hpp"

namespace stepwell::runtime {

/// A pass begins it and tells it of each run that it sees, from the oldest on. No run that it
/// leaves out is too old: none of them is before the time at which it looks at all of them again.
class AgeWalk {
public:
    /// Behind which run the pass begins; 0: with the first one.
    ExecutionId begin(const RetentionRules& rules, Timestamp now);
    /// The run has been removed, or is kept. REQUIRES: begin() was called, and it is behind all
    /// that were told of since.
    void pass(const journal::ExecutionRecord& run);

private:
    RetentionRules rules_{{}};
    Timestamp now_;
    Timestamp all_again_at_;
    ExecutionId passed_{};
    bool is_near_ = false;  // the next one will be too old soon
};

}  // namespace stepwell::runtime
