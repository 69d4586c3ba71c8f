#include "tasks/host/thread_pool.hpp"

#include <thread>

namespace stepwell::tasks {

void ThreadPool::post(std::deque<std::function<void()>> jobs) {
    {
        const std::lock_guard lock(mutex_);
        for (auto& job : jobs) jobs_.push_back(std::move(job));
        add_thread_if_needed();
        call_thread_if_needed();
    }
}

void ThreadPool::add_thread_if_needed() {
    if (jobs_.empty() || idle_ != 0 || threads_ == threads_max_) return;
    ++threads_;
    std::thread([this] { work(); }).detach();
}

/// One at a time: while it is on its way, quick jobs are done by those that are awake already, and
/// it calls the next when it finds more than it takes.
void ThreadPool::call_thread_if_needed() {
    if (jobs_.empty() || idle_ == 0 || is_one_called_) return;
    is_one_called_ = true;
    changed_.notify_one();
}

void ThreadPool::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        while (jobs_.empty()) {
            changed_.wait(lock);
            is_one_called_ = false;
        }
        --idle_;
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        // One thread calls the next: a burst of quick jobs wakes few, slow ones wake all.
        add_thread_if_needed();
        call_thread_if_needed();
        lock.unlock();
        job();
        lock.lock();
    }
}

}  // namespace stepwell::tasks
