// The threads of a host that deliver what waits in the outbox, and try again what was not taken:
// one for each channel for which there is something, so that none that is dead or slow holds
// another.
//
// Threads: complete. A worker is never destroyed: its host exits.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "tasks/notify/outbox.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

class DeliveryWorker {
public:
    /// Begins to deliver for this data folder; no effect when it already does.
    void begin(const HostSettings& settings);

    /// A message was added: delivers it at once.
    void wake();

    /// Waits until something was added, delivered or failed, for a while.
    void await_change(std::chrono::milliseconds patience);

private:
    void watch(const HostSettings& settings);
    void serve(const HostSettings& settings, const std::string& channel);
    std::unique_ptr<Outbox> open_outbox(const HostSettings& settings);
    /// How many changes there were. What is looked at afterwards knows of them.
    std::uint64_t changes();
    void await_change_after(std::uint64_t known, std::chrono::milliseconds patience);

    std::mutex mutex_;
    std::condition_variable changed_;
    bool has_begun_ = false;
    std::uint64_t changes_ = 0;
};

/// The host's own. Lives as long as the process.
DeliveryWorker& delivery_worker();

/// How long to wait after the n-th failed attempt, n from 1: 1 s, doubling, up to 5 minutes.
std::int64_t backoff_ms(std::int64_t attempts);

/// Whether a status says that the same message will never be taken.
bool is_final_status(int status);

}  // namespace stepwell::tasks
