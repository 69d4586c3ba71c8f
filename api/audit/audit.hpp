// Writes the audit log, in order, through the engine.
//
// Entries that come while others are being written wait, and go together with the next ones: the
// log costs a commit for many entries under load, and one for one otherwise. What could not be
// written (a full disk) is tried again with the next entry; beyond kAuditWaitingMax the oldest ones
// are lost, and an entry says how many, as soon as one can be written again.
//
// What is not noted: starts that succeed, for the run's own row says who started it.
//
// Threads: complete.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "api/audit/audit_chain.hpp"
#include "api/audit/audit_limit.hpp"
#include "api/http/http.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/confidentiality.hpp"

namespace stepwell::api {

inline constexpr std::size_t kAuditWaitingMax = 10'000;

class Audit {
public:
    /// Engine::write.
    using Writer = std::function<void(runtime::Writes, runtime::Answer<void>)>;
    /// Called once what was asked for is on disk, or could not be written.
    using Done = std::function<void(const Result<void>&)>;
    /// REQUIRES: all outlive it, and every answer of the writer comes before it ends.
    Audit(Writer write, AuditChain chain, runtime::Confidentiality& secrets, runtime::Clock& clock);

    /// An entry that could not be written is kept, and tried again. `entry.at` is set here.
    void add(AuditEntry entry, Done done);
    /// Notes that a request is about to be done, under an admin's role: what cannot be noted is not
    /// to be done. An entry that could not be written is not kept.
    void announce(const Request& request, Done done);
    /// Removes old entries. Fails where the log cannot be written.
    void cut(const AuditCut& cut, Done done);

    /// Whether the request is one that watch() notes and that is not of a run.
    [[nodiscard]] static bool is_audited(const Request& request);
    /// Wraps the responder of a request: notes requests that change something, with their outcome.
    /// The answer waits until the entry is durable, and is 503 where it could not be written and
    /// nobody announced the request; that of a stop of a run does not wait, for the run itself says
    /// what happened, and neither does that of what failed.
    Responder watch(const Request& request, bool is_announced, Responder respond);
    /// A request that was not let in.
    void note_refusal(const Request& request, const Refusal& refusal);
    /// Notes how many entries of a kind were left out, of minutes that are over; with `is_last`, of
    /// all.
    void note_counts(bool is_last = false);

    /// Of what is on disk.
    [[nodiscard]] AuditHead head() const;

private:
    struct Waiting {
        std::variant<AuditEntry, AuditCut> what;
        Done done;
        bool is_kept = true;  // where it cannot be written
    };
    void put(std::variant<AuditEntry, AuditCut> what, Done done, bool is_kept);
    /// Masked, and with the time.
    [[nodiscard]] AuditEntry made_now(AuditEntry entry) const;
    /// As add(), where the kind has not come too often.
    void add_limited(AuditEntry entry);
    void write_waiting(std::unique_lock<std::mutex>& lock);
    void written(const Result<void>& result);

    const Writer write_;
    runtime::Confidentiality& secrets_;
    runtime::Clock& clock_;
    mutable std::mutex mutex_;
    AuditChain chain_;
    AuditHead durable_;
    std::deque<Waiting> waiting_;
    std::vector<Waiting> in_flight_;
    bool is_writing_ = false;
    std::uint64_t lost_ = 0;
    std::uint64_t lost_told_ = 0;  // of them, by the batch in flight
    AuditLimit limit_;
};

}  // namespace stepwell::api
