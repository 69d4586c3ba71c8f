// Which of many entries of a kind are noted: the first few of a minute, and how many more there
// were. For what anybody can cause without end: calls without a credential, and calls that fail.
//
// Pure; no threads of its own.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/audit/audit_chain.hpp"

namespace stepwell::api {

/// Of one kind (from where, by whom, with which outcome) in a minute.
inline constexpr std::uint64_t kAuditOfAKindMax = 10;
/// Of all kinds together in a minute.
inline constexpr std::uint64_t kAuditLimitedMax = 60;
/// Kinds that are told apart; what is beyond them is one kind.
inline constexpr std::size_t kAuditKindsMax = 32;

class AuditLimit {
public:
    /// Whether the entry is to be noted; counted otherwise.
    [[nodiscard]] bool takes(const AuditEntry& entry, Timestamp now);
    /// An entry for each kind of which more came than were noted, where its minute is over; with
    /// `is_last`, of every minute.
    [[nodiscard]] std::vector<AuditEntry> counts(Timestamp now, bool is_last = false);

private:
    struct Window {
        Timestamp since;
        std::uint64_t noted = 0;
        std::uint64_t more = 0;
        AuditEntry kind;  // what its members have in common
    };
    Window& window_of(const AuditEntry& entry, Timestamp now);

    std::map<std::string, Window> windows_;
    Timestamp since_;  // of the minute that all kinds share
    std::uint64_t noted_ = 0;
};

}  // namespace stepwell::api
