#include "engine/runtime/loop/timer_queue.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::size_t kPlacesMin = 16;

}  // namespace

bool TimerQueue::is_later(const Entry& a, const Entry& b) {
    if (a.due_ms != b.due_ms) return a.due_ms > b.due_ms;
    return a.id > b.id;  // the order must not depend on chance: the simulation repeats it
}

std::size_t TimerQueue::home_of(ExecutionId id) const {
    // Ids are numbers in a row: multiplying spreads them (Fibonacci hashing).
    const std::uint64_t spread = value_of(id) * 0x9E3779B97F4A7C15ull;
    return static_cast<std::size_t>(spread >> 32) & (places_.size() - 1);
}

std::size_t TimerQueue::slot_of(ExecutionId id) const {
    std::size_t slot = home_of(id);
    while (places_[slot] != 0 && heap_[places_[slot] - 1].id != id) {
        slot = (slot + 1) & (places_.size() - 1);
    }
    return slot;
}

void TimerQueue::rebuild_places() {
    std::size_t size = kPlacesMin;
    while (size < 3 * (heap_.size() + 1)) size *= 2;
    places_.assign(size, 0);
    for (std::size_t i = 0; i < heap_.size(); ++i) {
        const std::size_t slot = slot_of(heap_[i].id);
        SW_ASSERT(places_[slot] == 0);
        places_[slot] = static_cast<std::uint32_t>(i + 1);
    }
}

/// Whatever was put behind it because it was taken moves up, so that no search ends early.
void TimerQueue::clear_slot(std::size_t slot) {
    const std::size_t mask = places_.size() - 1;
    std::size_t next = slot;
    while (true) {
        next = (next + 1) & mask;
        if (places_[next] == 0) break;
        const std::size_t home = home_of(heap_[places_[next] - 1].id);
        const bool may_stay = ((next - home) & mask) < ((next - slot) & mask);
        if (may_stay) continue;
        places_[slot] = places_[next];
        slot = next;
    }
    places_[slot] = 0;
}

void TimerQueue::swap_entries(std::size_t a, std::size_t b) {
    const std::size_t slot_a = slot_of(heap_[a].id);
    const std::size_t slot_b = slot_of(heap_[b].id);
    std::swap(heap_[a], heap_[b]);
    std::swap(places_[slot_a], places_[slot_b]);
}

/// Up or down, until the entry stands where its time belongs.
void TimerQueue::sift(std::size_t index) {
    while (index > 0 && is_later(heap_[(index - 1) / 2], heap_[index])) {
        swap_entries(index, (index - 1) / 2);
        index = (index - 1) / 2;
    }
    while (true) {
        std::size_t earliest = index;
        for (std::size_t child = 2 * index + 1; child <= 2 * index + 2; ++child) {
            if (child < heap_.size() && is_later(heap_[earliest], heap_[child])) earliest = child;
        }
        if (earliest == index) return;
        swap_entries(index, earliest);
        index = earliest;
    }
}

void TimerQueue::remove(std::size_t index) {
    const std::size_t last = heap_.size() - 1;
    if (index != last) swap_entries(index, last);
    clear_slot(slot_of(heap_[last].id));
    heap_.pop_back();
    if (index != last) sift(index);
}

void TimerQueue::arm(ExecutionId id, Timestamp due) {
    if (places_.size() < 2 * (heap_.size() + 1)) rebuild_places();
    const std::size_t slot = slot_of(id);
    if (places_[slot] == 0) {
        heap_.push_back({to_ms(due), id});
        places_[slot] = static_cast<std::uint32_t>(heap_.size());
    } else {
        heap_[places_[slot] - 1].due_ms = to_ms(due);
    }
    sift(places_[slot_of(id)] - 1);
}

void TimerQueue::forget(ExecutionId id) {
    if (heap_.empty()) return;
    const std::size_t slot = slot_of(id);
    if (places_[slot] != 0) remove(places_[slot] - 1);
}

bool TimerQueue::is_due(Timestamp now) const {
    return !heap_.empty() && heap_.front().due_ms <= to_ms(now);
}

std::optional<ExecutionId> TimerQueue::pop_due(Timestamp now) {
    if (!is_due(now)) return std::nullopt;
    const ExecutionId id = heap_.front().id;
    remove(0);
    return id;
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
    queue_.rebuild_places();
}

}  // namespace stepwell::runtime
