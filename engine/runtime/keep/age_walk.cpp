#include "engine/runtime/keep/age_walk.hpp"

#include <algorithm>

namespace stepwell::runtime {
namespace {

/// What is due so soon is looked at in each pass, and does not make one look at all the others.
constexpr Duration kNear = std::chrono::hours(1);

}  // namespace

ExecutionId AgeWalk::begin(const RetentionRules& rules, Timestamp now) {
    if (!(rules == rules_) || now >= all_again_at_ || now < now_) {
        rules_ = rules;
        passed_ = {};
        all_again_at_ = Timestamp::max();
    }
    now_ = now;
    is_near_ = false;
    // Those that run, or are opened again, end after now.
    if (const auto youngest = rules.youngest_due(now)) {
        all_again_at_ = std::min(all_again_at_, now + (now - *youngest));
    }
    return passed_;
}

void AgeWalk::pass(const journal::ExecutionRecord& run) {
    if (is_near_) return;
    const Timestamp due = rules_.due(run);
    if (due >= now_) {
        is_near_ = due - now_ <= kNear;
        if (is_near_) return;
        all_again_at_ = std::min(all_again_at_, due);
    }
    passed_ = run.id;
}

}  // namespace stepwell::runtime
