// When executions want to be woken. A million of them sleep here at 16 bytes each.
//
// An entry may be out of date: the execution has ended, or wants to be woken later. The queue does
// not know; whoever takes an id looks at the execution, and arms it again if it came too early.
// An execution that ended is forgotten, which removes its entries some time later, in bulk; one
// that is armed again before that keeps them.
//
// Threads: the engine's only.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"

namespace stepwell::runtime {

class TimerQueue {
public:
    void arm(ExecutionId id, Timestamp due);
    void forget(ExecutionId id);
    /// The earliest one that is due at `now`; its entry is gone then.
    std::optional<ExecutionId> pop_due(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> next() const;
    [[nodiscard]] std::size_t size() const { return heap_.size(); }

    /// Adds many at once, for recovery: cheaper than arm() for each.
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
    void drop_forgotten();

    std::vector<Entry> heap_;
    std::unordered_set<ExecutionId> forgotten_;
};

}  // namespace stepwell::runtime
