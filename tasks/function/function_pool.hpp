// The warm interpreters of a host. They do not grow without end: so many are kept, and none that
// nobody has called for long.
//
// Threads: complete.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "tasks/function/function_worker.hpp"

namespace stepwell::tasks {

struct FunctionPoolLimits {
    std::size_t idle_per_function = 8;  // beyond, an interpreter ends with its call
    std::size_t idle_max = 32;          // of all functions; beyond, the one idle longest ends
    std::chrono::milliseconds age_max{600'000};  // without a call
};

class FunctionPool {
public:
    explicit FunctionPool(FunctionPoolLimits limits = {}) : limits_(limits) {}

    /// Calls the function in an idle interpreter that has its present code, else in a new one.
    /// Fails where none can be started.
    Result<FunctionAnswer> call(const FunctionSpec& spec, const FunctionDialogue& dialogue);

    using Time = std::chrono::steady_clock::time_point;
    /// Ends what has been idle for too long by then. When to look again; nothing: nobody is idle.
    std::optional<Time> expire(Time now);
    /// Expires by itself from now on, in a thread that never ends. REQUIRES: called once; the pool
    /// is never destroyed.
    void keep_expiring();

    [[nodiscard]] std::size_t idle() const;

private:
    struct Idle {
        std::unique_ptr<FunctionWorker> worker;
        std::string folder;
        Time since;
    };
    std::unique_ptr<FunctionWorker> take_idle(const FunctionSpec& spec);
    void give_back(const FunctionSpec& spec, std::unique_ptr<FunctionWorker> worker);

    const FunctionPoolLimits limits_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Idle> idle_;  // idle longest first
};

}  // namespace stepwell::tasks
