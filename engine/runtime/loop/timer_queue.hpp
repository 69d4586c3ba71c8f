// When executions want to be woken. A million of them sleep here at some 30 bytes each.
//
// A heap with one entry an execution: whoever is armed again is moved, whoever is forgotten is gone
// at once. `places_` is an open hash table that says where in the heap an execution stands.
//
// Threads: the engine's only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"

namespace stepwell::runtime {

class TimerQueue {
public:
    /// In place of the time that it had.
    void arm(ExecutionId id, Timestamp due);
    void forget(ExecutionId id);
    /// The earliest one that is due at `now`; its entry is gone then.
    std::optional<ExecutionId> pop_due(Timestamp now);
    /// Whether pop_due() would give one.
    [[nodiscard]] bool is_due(Timestamp now) const;
    [[nodiscard]] std::optional<Timestamp> next() const;
    [[nodiscard]] std::size_t size() const { return heap_.size(); }

    /// Adds many at once, for recovery: cheaper than arm() for each. REQUIRES: none is in the queue
    /// already.
    class Loader {
    public:
        explicit Loader(TimerQueue& queue) : queue_(queue) {}
        ~Loader();
        Loader(const Loader&) = delete;
        Loader& operator=(const Loader&) = delete;
        void add(ExecutionId id, Timestamp due);

    private:
        TimerQueue& queue_;
    };

private:
    struct Entry {
        std::int64_t due_ms;
        ExecutionId id;
    };
    static bool is_later(const Entry& a, const Entry& b);
    /// Where in `places_` the execution is, or would be.
    [[nodiscard]] std::size_t slot_of(ExecutionId id) const;
    [[nodiscard]] std::size_t home_of(ExecutionId id) const;
    void rebuild_places();
    void clear_slot(std::size_t slot);
    void swap_entries(std::size_t a, std::size_t b);
    void sift(std::size_t index);
    void remove(std::size_t index);

    std::vector<Entry> heap_;            // the earliest first
    std::vector<std::uint32_t> places_;  // index in the heap, from 1; 0: empty. A power of two
};

}  // namespace stepwell::runtime
