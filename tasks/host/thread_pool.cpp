#include "tasks/host/thread_pool.hpp"

#include <thread>

namespace stepwell::tasks {

void ThreadPool::post(std::deque<std::function<void()>> jobs) {
    {
        const std::lock_guard lock(mutex_);
        for (auto& job : jobs) jobs_.push_back(std::move(job));
        add_thread_if_needed();
    }
    changed_.notify_one();
}

void ThreadPool::add_thread_if_needed() {
    if (jobs_.empty() || idle_ != 0 || threads_ == threads_max_) return;
    ++threads_;
    std::thread([this] { work(); }).detach();
}

void ThreadPool::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        changed_.wait(lock, [this] { return !jobs_.empty(); });
        --idle_;
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        // One thread calls the next: a burst of quick jobs wakes few, slow ones wake all.
        add_thread_if_needed();
        const bool is_more = !jobs_.empty() && idle_ != 0;
        lock.unlock();
        if (is_more) changed_.notify_one();
        job();
        lock.lock();
    }
}

}  // namespace stepwell::tasks
