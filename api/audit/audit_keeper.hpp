// Keeps the audit log within its own age and size, whatever the runs take: the oldest entries go,
// in small pieces, and the head keeps the hash that the first one left follows. Tells the daemon's
// log every hour where the audit log ends: the second place that whoever changes the database does
// not reach.
//
// Threads: one of its own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "api/audit/audit.hpp"
#include "api/audit/audit_rule.hpp"

namespace stepwell::api {

class AuditKeeper {
public:
    using Read = std::function<Result<std::vector<journal::DocumentRecord>>(
        const std::string& after, std::size_t limit)>;
    /// `read`: pages of the collection. REQUIRES: all outlive it.
    AuditKeeper(AuditRule rule, Audit& audit, runtime::Clock& clock, Read read);
    /// Stops.
    ~AuditKeeper();

    void start();
    /// Ends the thread, and notes what was counted.
    void stop();
    /// Removes what has to go now, in the caller's thread. REQUIRES: start() was not called.
    Result<void> pass();

private:
    void work();
    Result<std::optional<AuditCut>> next_cut(std::uint64_t last) const;
    void tell() const;

    const AuditRule rule_;
    Audit& audit_;
    runtime::Clock& clock_;
    const Read read_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool is_stopping_ = false;
    std::thread thread_;
};

}  // namespace stepwell::api
