#include "tasks/function/function_pool.hpp"

#include <algorithm>
#include <thread>
#include <vector>

namespace stepwell::tasks {

Result<FunctionAnswer> FunctionPool::call(const FunctionSpec& spec,
                                          const FunctionDialogue& dialogue) {
    std::unique_ptr<FunctionWorker> worker = take_idle(spec);
    if (!worker) worker = SW_TRY(FunctionWorker::start(spec));
    FunctionAnswer answer = worker->call(dialogue);
    if (worker->is_usable()) give_back(spec, std::move(worker));
    return answer;
}

std::unique_ptr<FunctionWorker> FunctionPool::take_idle(const FunctionSpec& spec) {
    std::vector<Idle> outdated;  // ended after the lock is released
    const std::lock_guard lock(mutex_);
    // The one used last is the warmest.
    for (std::size_t i = idle_.size(); i-- > 0;) {
        if (idle_[i].folder != spec.folder.string()) continue;
        Idle found = std::move(idle_[i]);
        idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
        if (found.worker->is_usable() && found.worker->stamp() == spec.stamp) {
            return std::move(found.worker);
        }
        outdated.push_back(std::move(found));
    }
    return nullptr;
}

void FunctionPool::give_back(const FunctionSpec& spec, std::unique_ptr<FunctionWorker> worker) {
    std::vector<Idle> surplus;  // ended after the lock is released
    const std::lock_guard lock(mutex_);
    const std::string folder = spec.folder.string();
    const auto is_same = [&](const Idle& idle) { return idle.folder == folder; };
    idle_.push_back({std::move(worker), folder, std::chrono::steady_clock::now()});
    const auto of_function = std::count_if(idle_.begin(), idle_.end(), is_same);
    if (static_cast<std::size_t>(of_function) > limits_.idle_per_function) {
        const auto oldest = std::find_if(idle_.begin(), idle_.end(), is_same);
        surplus.push_back(std::move(*oldest));
        idle_.erase(oldest);
    }
    if (idle_.size() > limits_.idle_max) {
        surplus.push_back(std::move(idle_.front()));
        idle_.pop_front();
    }
    changed_.notify_all();
}

std::optional<FunctionPool::Time> FunctionPool::expire(Time now) {
    std::vector<Idle> outdated;  // ended after the lock is released
    const std::lock_guard lock(mutex_);
    while (!idle_.empty() && idle_.front().since + limits_.age_max <= now) {
        outdated.push_back(std::move(idle_.front()));
        idle_.pop_front();
    }
    if (idle_.empty()) return std::nullopt;
    return idle_.front().since + limits_.age_max;
}

void FunctionPool::keep_expiring() {
    std::thread([this] {
        while (true) {
            const auto next = expire(std::chrono::steady_clock::now());
            std::unique_lock lock(mutex_);
            if (next) {
                changed_.wait_until(lock, *next);
            } else {
                changed_.wait(lock, [this] { return !idle_.empty(); });
            }
        }
    }).detach();
}

std::size_t FunctionPool::idle() const {
    const std::lock_guard lock(mutex_);
    return idle_.size();
}

}  // namespace stepwell::tasks
