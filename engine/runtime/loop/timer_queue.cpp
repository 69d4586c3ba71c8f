#include "engine/runtime/loop/timer_queue.hpp"

#include <algorithm>

namespace stepwell::runtime {

bool TimerQueue::is_later(const Entry& a, const Entry& b) {
    if (a.due_ms != b.due_ms) return a.due_ms > b.due_ms;
    return a.id > b.id;  // the order must not depend on chance: the simulation repeats it
}

void TimerQueue::arm(ExecutionId id, Timestamp due) {
    if (!forgotten_.empty()) forgotten_.erase(id);  // it was opened again
    heap_.push_back({to_ms(due), id});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
}

void TimerQueue::forget(ExecutionId id) {
    forgotten_.insert(id);
    constexpr std::size_t kForgottenMin = 1'000;
    if (forgotten_.size() > kForgottenMin && forgotten_.size() > heap_.size() / 2) drop_forgotten();
}

void TimerQueue::drop_forgotten() {
    std::erase_if(heap_, [&](const Entry& entry) { return forgotten_.contains(entry.id); });
    std::make_heap(heap_.begin(), heap_.end(), is_later);
    forgotten_.clear();
}

std::optional<ExecutionId> TimerQueue::pop_due(Timestamp now) {
    while (!heap_.empty() && heap_.front().due_ms <= to_ms(now)) {
        std::pop_heap(heap_.begin(), heap_.end(), is_later);
        const ExecutionId id = heap_.back().id;
        heap_.pop_back();
        if (!forgotten_.contains(id)) return id;
    }
    return std::nullopt;
}

std::optional<Timestamp> TimerQueue::next() const {
    if (heap_.empty()) return std::nullopt;
    return from_ms(heap_.front().due_ms);
}

void TimerQueue::Loader::add(ExecutionId id, Timestamp due) {
    queue_.heap_.push_back({to_ms(due), id});
}

TimerQueue::Loader::~Loader() {
    std::make_heap(queue_.heap_.begin(), queue_.heap_.end(), is_later);
}

}  // namespace stepwell::runtime
