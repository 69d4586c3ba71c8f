#include "engine/runtime/keep/retention_rules.hpp"

#include <algorithm>

namespace stepwell::runtime {
namespace {

Duration kept_by(const definition::RetentionRule& rule, const definition::RetentionRule& otherwise,
                 bool has_succeeded) {
    const auto& own = has_succeeded ? rule.succeeded : rule.failed;
    const auto& other = has_succeeded ? otherwise.succeeded : otherwise.failed;
    return own.value_or(other.value_or(Duration::max()));
}

}  // namespace

const char* name_of(RetentionReason reason) {
    switch (reason) {
        case RetentionReason::age:
            return "age";
        case RetentionReason::count:
            return "count";
        case RetentionReason::bytes:
            return "bytes";
    }
    return "age";
}

Duration RetentionRules::kept(const journal::ExecutionRecord& run) const {
    const auto own = own_.find(run.workflow);
    const definition::RetentionRule& rule = own == own_.end() ? all_ : own->second;
    return kept_by(rule, all_, run.status == core::Status::succeeded);
}

Timestamp RetentionRules::due(const journal::ExecutionRecord& run) const {
    const Duration kept_for = kept(run);
    const Timestamp stopped = run.stopped_at.value_or(run.started_at);
    return kept_for < Timestamp::max() - stopped ? stopped + kept_for : Timestamp::max();
}

bool RetentionRules::is_too_old(const journal::ExecutionRecord& run, Timestamp now) const {
    if (run.status == core::Status::running || !run.stopped_at) return false;
    return now > due(run);
}

std::optional<Timestamp> RetentionRules::youngest_due(Timestamp now) const {
    Duration shortest = std::min(kept_by(all_, all_, true), kept_by(all_, all_, false));
    for (const auto& [workflow, rule] : own_) {
        shortest = std::min({shortest, kept_by(rule, all_, true), kept_by(rule, all_, false)});
    }
    if (shortest == Duration::max()) return std::nullopt;
    return now - shortest;
}

}  // namespace stepwell::runtime
