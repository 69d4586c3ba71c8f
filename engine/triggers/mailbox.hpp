// What other threads have to say to the thread of the triggers: pieces of work, done in its tick.
//
// Thread safety: complete. Outlives the triggers where an answer of the engine is still to come.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace stepwell::triggers {

class Mailbox {
public:
    using Work = std::function<void()>;

    /// `wake` is called with every post, from any thread.
    explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

    void post(Work work) {
        const std::lock_guard lock(mutex_);
        if (is_closed_) return;
        work_.push_back(std::move(work));
        if (wake_) wake_();
    }
    /// Does what has come, in order.
    void drain() {
        std::vector<Work> work;
        {
            const std::lock_guard lock(mutex_);
            work.swap(work_);
        }
        for (const Work& each : work) each();
    }
    /// Nothing is taken or woken from now on.
    void close() {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
        work_.clear();
    }

private:
    std::mutex mutex_;
    std::vector<Work> work_;
    std::function<void()> wake_;
    bool is_closed_ = false;
};

}  // namespace stepwell::triggers
