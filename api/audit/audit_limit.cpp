#include "api/audit/audit_limit.hpp"

namespace stepwell::api {
namespace {

constexpr Duration kSpan = std::chrono::minutes(1);

/// A clock that was set back ends a minute, too.
bool is_over(Timestamp since, Timestamp now) {
    return now - since >= kSpan || now < since;
}

}  // namespace

AuditLimit::Window& AuditLimit::window_of(const AuditEntry& entry, Timestamp now) {
    std::string key = entry.from + "\n" + entry.who + "\n" + entry.outcome;
    const bool is_one_too_many = windows_.size() >= kAuditKindsMax && !windows_.contains(key);
    if (is_one_too_many) key.clear();
    const auto [at, is_new] = windows_.try_emplace(key);
    Window& window = at->second;
    if (is_new) {
        window.since = now;
        if (is_one_too_many) return window;
        window.kind.from = entry.from;
        window.kind.who = entry.who;
        window.kind.credential = entry.credential;
        window.kind.outcome = entry.outcome;
    }
    return window;
}

bool AuditLimit::takes(const AuditEntry& entry, Timestamp now) {
    if (is_over(since_, now)) {
        since_ = now;
        noted_ = 0;
    }
    Window& window = window_of(entry, now);
    // A window that is over is told of by counts(); until then it goes on counting.
    const bool is_noted = window.noted < kAuditOfAKindMax && noted_ < kAuditLimitedMax;
    ++(is_noted ? window.noted : window.more);
    if (is_noted) ++noted_;
    return is_noted;
}

std::vector<AuditEntry> AuditLimit::counts(Timestamp now, bool is_last) {
    std::vector<AuditEntry> entries;
    for (auto at = windows_.begin(); at != windows_.end();) {
        Window& window = at->second;
        if (!is_last && !is_over(window.since, now)) {
            ++at;
            continue;
        }
        if (window.more > 0) {
            AuditEntry entry = std::move(window.kind);
            entry.action = "more of the kind";
            entry.details = {{"count", window.more}, {"since", to_iso8601(window.since)}};
            entries.push_back(std::move(entry));
        }
        at = windows_.erase(at);
    }
    return entries;
}

}  // namespace stepwell::api
