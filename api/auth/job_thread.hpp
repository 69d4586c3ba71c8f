// A thread for what may not be done on a server's thread: it waits for the journal, or hashes a
// password. One job at a time, in order.
//
// Threads: post() from any.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace stepwell::api {

class JobThread {
public:
    explicit JobThread(std::size_t jobs_max = 64);
    /// Stops.
    ~JobThread();
    /// False where too many wait, or it has stopped; then the job is not done.
    [[nodiscard]] bool post(std::function<void()> job);
    /// Finishes the job in hand and drops the others.
    void stop();

private:
    void work();
    const std::size_t jobs_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;
    bool is_stopping_ = false;
    std::thread thread_;
};

}  // namespace stepwell::api
