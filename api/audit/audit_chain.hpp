// The audit log as a chain: each entry has the hash of the one before it, and a head says which is
// the first that is kept and which is the last, so that nothing can be changed, taken out or cut
// off unseen. Old entries may go: the head keeps the hash that the first one left follows.
//
// Documents: "audit" under the entry's number in 20 digits; "audit_head" under "head", and under
// "database" the id of the database that the log was begun in. The head has a seal made with the
// key of secrets: who can write the database but cannot read the key cannot make a new chain
// either. A log that is gone as a whole is found by the id, or by there being none: whoever opens a
// database for the first time begins one.
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
inline constexpr const char* kAuditHeadKey = "head";
inline constexpr const char* kAuditDatabaseKey = "database";

/// What happened. Texts are masked by who makes it.
struct AuditEntry {
    Timestamp at;
    std::string who;         // "ann", "local", "" for somebody unknown
    std::string credential;  // "session", "token SW...", "none"
    std::string from;        // "127.0.0.1", "cli"
    std::string action;      // "POST /api/v1/runs", "aws:StartExecution", "users add"
    std::string subject;     // a path, an ARN, a name
    std::string outcome;     // "200", "403"; "begun": written before it is done
    Json details = Json::object();
};

struct AuditHead {
    std::uint64_t sequence = 0;  // of the last entry; 0: there is none
    std::string hash;            // of the last entry; empty: there is none
    std::uint64_t first = 1;     // the oldest entry that is kept
    std::string before_first;    // the hash of the one before it; empty: it is the very first
    std::uint64_t bytes = 0;     // of the entries that are kept, with their keys
    std::string database;        // whose log this is; empty: an older Stepwell's
    /// Entries up to this one are not proven to be what was written, and why; 0: all are.
    std::uint64_t doubted = 0;
    std::string doubt;
};

std::string audit_key(std::uint64_t sequence);

/// Where the oldest entries end that are to go.
struct AuditCut {
    std::uint64_t first = 1;   // the oldest one to be kept
    std::string before_first;  // the hash of the one before it
    std::uint64_t bytes = 0;   // of those that go
};

class AuditChain {
public:
    /// `seal_key`: what the head is sealed with. `head`: where the chain ends.
    AuditChain(std::string seal_key, AuditHead head)
        : seal_key_(std::move(seal_key)), head_(std::move(head)) {}

    /// The document of one more entry, without the head; moves the head on.
    journal::DocumentWrite add(const AuditEntry& entry);
    /// Removals of the entries before the cut, and the entry that tells of it. REQUIRES: the cut is
    /// at or behind the first entry, and not beyond the last one.
    std::vector<journal::DocumentWrite> cut(const AuditCut& cut, Timestamp now);
    [[nodiscard]] journal::DocumentWrite head_document() const;
    [[nodiscard]] const AuditHead& head() const { return head_; }
    /// Back to where the chain was, when what was added could not be written.
    void set_head(AuditHead head) { head_ = std::move(head); }

private:
    std::string seal_key_;
    AuditHead head_;
};

/// The head as its document says it; an absent one is the beginning. Fails with `corruption`.
Result<AuditHead> read_audit_head(const std::optional<std::string>& document);

/// What there is of a log.
struct AuditDocuments {
    std::optional<std::string> head;
    std::optional<std::string> database;
};

/// Pages of the collection by key: those after `after`.
using AuditSource =
    std::function<Result<std::vector<journal::DocumentRecord>>(const std::string& after)>;

/// A chain to go on with, and what has to be written with its first entry.
struct AuditOpening {
    AuditChain chain;
    std::vector<journal::DocumentWrite> writes;  // empty: nothing has to be
    std::string warning;                         // for the daemon's log; empty: all is well
};

/// Begins a log or goes on with one. What does not fit (the log of another database, a seal of
/// another key, a log that is gone) is told in an entry, and doubted from then on; it does not keep
/// the daemon from starting. `new_id`: what a database without an id is called. `read`: for logs of
/// an older Stepwell, whose size nobody has counted.
Result<AuditOpening> open_audit(const std::string& seal_key, const AuditDocuments& documents,
                                const std::string& new_id, Timestamp now, const AuditSource& read);

/// What verification found.
struct AuditVerdict {
    std::uint64_t entries = 0;            // that are good, of those that are kept
    std::optional<std::uint64_t> broken;  // the first that is not
    std::string why;                      // empty: the log is whole
    [[nodiscard]] bool is_whole() const { return why.empty(); }
};

/// {"is_whole", "entries", "broken", "why"}.
Json view_of(const AuditVerdict& verdict);

/// Checks the whole chain. `seal_key` absent: it cannot be called whole, and the reason names the
/// key. Fails where the documents cannot be read.
Result<AuditVerdict> verify_audit(const AuditSource& read, const AuditDocuments& documents,
                                  const std::optional<std::string>& seal_key);

/// What `derive_key()` makes the seal's key of.
inline constexpr std::string_view kAuditSealPurpose = "stepwell audit 1";

}  // namespace stepwell::api
