// The thread of a host that delivers what waits in the outbox, and tries again what was not taken.
//
// Threads: complete. A worker is never destroyed: its host exits.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "tasks/notify/outbox.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

class DeliveryWorker {
public:
    /// Begins to deliver for this data folder; no effect when it already does.
    void begin(const HostSettings& settings);

    /// A message was added: delivers it at once.
    void wake();

    /// Waits until something was delivered or failed, for a while.
    void await_change(std::chrono::milliseconds patience);

private:
    void work(const HostSettings& settings);
    void deliver_due(Outbox& outbox, const Notifications& notifications);
    void deliver(Outbox& outbox, const Notifications& notifications,
                 const Outbox::Claimed& claimed);
    void rest(Outbox& outbox);

    std::mutex mutex_;
    std::condition_variable changed_;
    bool has_begun_ = false;
    bool is_woken_ = false;
    std::uint64_t changes_ = 0;
};

/// The host's own. Lives as long as the process.
DeliveryWorker& delivery_worker();

/// How long to wait after the n-th failed attempt, n from 1: 1 s, doubling, up to 5 minutes.
std::int64_t backoff_ms(std::int64_t attempts);

}  // namespace stepwell::tasks
