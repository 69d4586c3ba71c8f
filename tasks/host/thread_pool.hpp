// The threads in which a host's tasks run: made when needed, kept, up to a limit; tasks beyond it
// wait in the order in which they came.
//
// Threads: post() may be called from any thread. A pool is never destroyed: its host exits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace stepwell::tasks {

class ThreadPool {
public:
    explicit ThreadPool(std::size_t threads_max) : threads_max_(threads_max) {}

    void post(std::deque<std::function<void()>> jobs);

private:
    void work();
    void add_thread_if_needed();
    void call_thread_if_needed();

    const std::size_t threads_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;        // wait, or are on their way to look for a job
    bool is_one_called_ = false;  // and has not looked yet
};

}  // namespace stepwell::tasks
