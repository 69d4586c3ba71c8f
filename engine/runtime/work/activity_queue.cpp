#include "engine/runtime/work/activity_queue.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace stepwell::runtime {

void ActivityQueue::start(TaskRequest request) {
    if (!is_for_worker(request.resource)) return next_.start(std::move(request));
    {
        const std::lock_guard lock(mutex_);
        if (places_.contains(request.token)) return;
        put(request.resource, next_number_++, request.token);
    }
    match(request.resource);
}

void ActivityQueue::cancel(const TaskToken& token) {
    {
        const std::lock_guard lock(mutex_);
        const auto at = places_.find(token);
        if (at != places_.end()) {
            const Place place = std::move(at->second);
            places_.erase(at);
            Activity& activity = activities_.at(place.activity);
            activity.tasks.erase(place.number);
            if (activity.is_empty()) activities_.erase(place.activity);
            return;
        }
    }
    next_.cancel(token);
}

std::shared_ptr<void> ActivityQueue::wait(const std::string& activity, std::string worker,
                                          Give give) {
    auto one = std::make_shared<Worker>(Worker{activity, std::move(worker), std::move(give), 0});
    {
        const std::lock_guard lock(mutex_);
        auto& workers = activities_[activity].workers;
        if (workers.size() >= kWorkersMax) return nullptr;
        one->number = next_number_++;
        workers.emplace(one->number, one);
    }
    match(activity);
    return {one.get(), [this, one](void*) mutable {
                leave(*one);
                one.reset();
            }};
}

void ActivityQueue::leave(const Worker& worker) {
    const std::lock_guard lock(mutex_);
    const auto at = activities_.find(worker.activity);
    if (at == activities_.end()) return;
    at->second.workers.erase(worker.number);
    if (at->second.is_empty()) activities_.erase(at);
}

/// REQUIRES: the mutex is held.
void ActivityQueue::put(const std::string& activity, std::uint64_t number, const TaskToken& token) {
    activities_[activity].tasks.emplace(number, token);
    places_[token] = {activity, number};
}

void ActivityQueue::match(const std::string& activity) {
    TaskToken token;
    WorkerPtr worker;
    while (take_pair(activity, token, worker)) hand_over(token, worker);
}

bool ActivityQueue::take_pair(const std::string& activity, TaskToken& token, WorkerPtr& worker) {
    const std::lock_guard lock(mutex_);
    const auto at = activities_.find(activity);
    if (at == activities_.end()) return false;
    Activity& both = at->second;
    worker.reset();
    while (!worker && !both.tasks.empty() && !both.workers.empty()) {
        worker = both.workers.begin()->second.lock();
        both.workers.erase(both.workers.begin());
    }
    if (worker) {
        token = both.tasks.begin()->second;
        both.tasks.erase(both.tasks.begin());
        places_.erase(token);
    }
    if (both.is_empty()) activities_.erase(at);
    return worker != nullptr;
}

/// One that has ended meanwhile is nobody's, and the worker waits on. Where the engine takes
/// nothing for the moment (or any more) both wait, until somebody comes.
void ActivityQueue::hand_over(const TaskToken& token, const WorkerPtr& worker) {
    const std::weak_ptr<Worker> weak = worker;
    engine_->pick_up(
        token, worker->name,
        [this, token, weak, activity = worker->activity](Result<Payload> input) {
            const WorkerPtr one = weak.lock();
            if (input) {
                const bool is_given = one && one->give({token, *std::move(input)});
                if (is_given) return;
                spdlog::warn(
                    "the worker of {} has gone before it got its task (attempt {}); its heartbeat "
                    "or timeout ends it",
                    activity, token.text());
                return;
            }
            const bool is_over = input.error().code == ErrorCode::conflict ||
                                 input.error().code == ErrorCode::not_found;
            {
                const std::lock_guard lock(mutex_);
                if (one) activities_[activity].workers.emplace(one->number, one);
                if (!is_over) put(activity, next_number_++, token);
            }
            if (is_over) match(activity);
        });
}

std::size_t ActivityQueue::waiting_tasks() const {
    const std::lock_guard lock(mutex_);
    return places_.size();
}

}  // namespace stepwell::runtime
