// Writes the audit log, in order, through the engine.
//
// Entries that come while others are being written wait, and go together with the next ones: the
// log costs a commit for many entries under load, and one for one otherwise. What could not be
// written (a full disk) is tried again with the next entry; beyond kAuditWaitingMax the oldest ones
// are lost, and an entry says how many.
//
// Threads: complete.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "api/audit/audit_chain.hpp"
#include "api/http/http.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/confidentiality.hpp"

namespace stepwell::api {

inline constexpr std::size_t kAuditWaitingMax = 10'000;

class Audit {
public:
    /// Engine::write.
    using Writer = std::function<void(runtime::Writes, runtime::Answer<void>)>;
    /// REQUIRES: all outlive it, and every answer of the writer comes before it ends.
    Audit(Writer write, AuditChain chain, runtime::Confidentiality& secrets, runtime::Clock& clock);

    /// Calls `done` once the entry is on disk, or could not be written. `entry.at` is set here.
    void add(AuditEntry entry, std::function<void()> done);

    /// Wraps the responder of a request: notes requests that change something, with their outcome.
    /// The answer waits until the entry is durable; that of a start or stop of a run does not, for
    /// the run itself says what happened.
    Responder watch(const Request& request, Responder respond);
    /// A request that was not let in. Of many from one place only some are noted, with a count.
    void note_refusal(const Request& request, const Refusal& refusal);

private:
    struct Waiting {
        AuditEntry entry;
        std::function<void()> done;
    };
    void write_waiting(std::unique_lock<std::mutex>& lock);
    void written(const Result<void>& result);

    const Writer write_;
    runtime::Confidentiality& secrets_;
    runtime::Clock& clock_;
    std::mutex mutex_;
    AuditChain chain_;
    AuditHead durable_;
    std::deque<Waiting> waiting_;
    std::vector<Waiting> in_flight_;
    bool is_writing_ = false;
    std::uint64_t lost_ = 0;

    struct Refusals {
        Timestamp since;
        std::uint64_t count = 0;
    };
    std::map<std::string, Refusals> refusals_;  // by peer
};

}  // namespace stepwell::api
