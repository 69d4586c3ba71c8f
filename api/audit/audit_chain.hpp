// The audit log as a chain: each entry has the hash of the one before it, and a head says which is
// the last, so that nothing can be changed, taken out or cut off unseen.
//
// Documents: "audit" under the entry's number in 20 digits; "audit_head" under "head". The head has
// a seal made with the key of secrets: who can write the database but cannot read the key cannot
// make a new chain either.
//
// Pure; no threads of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/engine_types.hpp"

namespace stepwell::api {

inline constexpr const char* kAuditCollection = "audit";
inline constexpr const char* kAuditHeadCollection = "audit_head";

/// What happened. Texts are masked by who makes it.
struct AuditEntry {
    Timestamp at;
    std::string who;         // "ann", "local", "" for somebody unknown
    std::string credential;  // "session", "token SW...", "none"
    std::string from;        // "127.0.0.1", "cli"
    std::string action;      // "POST /api/v1/runs", "aws:StartExecution", "users add"
    std::string subject;     // a path, an ARN, a name
    std::string outcome;     // "200", "403"
    Json details = Json::object();
};

struct AuditHead {
    std::uint64_t sequence = 0;  // of the last entry; 0: there is none
    std::string hash;            // of the last entry; empty: there is none
};

std::string audit_key(std::uint64_t sequence);

class AuditChain {
public:
    /// `seal_key`: what the head is sealed with. `head`: where the chain ends.
    AuditChain(std::string seal_key, AuditHead head)
        : seal_key_(std::move(seal_key)), head_(std::move(head)) {}

    /// The documents of one more entry, without the head; moves the head on.
    journal::DocumentWrite add(const AuditEntry& entry);
    [[nodiscard]] journal::DocumentWrite head_document() const;
    [[nodiscard]] const AuditHead& head() const { return head_; }
    /// Back to where the chain was, when what was added could not be written.
    void set_head(AuditHead head) { head_ = std::move(head); }

private:
    const std::string seal_key_;
    AuditHead head_;
};

/// The head as its document says it; an absent one is the beginning. Fails with `corruption`.
Result<AuditHead> read_audit_head(const std::optional<std::string>& document);

/// What verification found.
struct AuditVerdict {
    std::uint64_t entries = 0;            // that are good, from the first
    std::optional<std::uint64_t> broken;  // the first that is not
    std::string why;                      // empty: the log is whole
    [[nodiscard]] bool is_whole() const { return why.empty(); }
};

/// Pages of the collection by key: those after `after`.
using AuditSource =
    std::function<Result<std::vector<journal::DocumentRecord>>(const std::string& after)>;

/// Checks the whole chain. `seal_key` absent: the seal is not looked at. Fails where the documents
/// cannot be read.
Result<AuditVerdict> verify_audit(const AuditSource& read,
                                  const std::optional<std::string>& head_document,
                                  const std::optional<std::string>& seal_key);

/// What `derive_key()` makes the seal's key of.
inline constexpr std::string_view kAuditSealPurpose = "stepwell audit 1";

}  // namespace stepwell::api
