// The attempts whose executions are still to be started, oldest first: a cache of outstanding(),
// like all commands. What a turn cannot do it leaves to the next, and where there is no room all of
// them wait a while.
//
// Where a turn is refused that has started some, these come last, and for a while each turn starts
// one: so that the only one that was wrong does not keep the others from being started.
//
// Threads: the engine's only.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"

namespace stepwell::runtime {

struct ChildStart {
    TaskToken token;
    /// An earlier daemon may have made this very start.
    bool is_restarted = false;
};

class ChildStarts {
public:
    /// Each may run as far as a turn goes.
    static constexpr std::size_t kPerTurnMax = 256;

    void add(ChildStart start) { waiting_.push_back(start); }
    /// REQUIRES: not is_empty().
    ChildStart take() {
        const ChildStart first = waiting_.front();
        waiting_.pop_front();
        if (carried_ > 0) {
            --carried_;
            taken_.push_back(first);
        }
        return first;
    }
    /// The one that was taken last has to wait: it comes first again, and none before `until`,
    /// which is of the steady clock.
    void hold(ChildStart start, Duration until) {
        waiting_.push_front(start);
        if (!taken_.empty() && taken_.back().token == start.token) {
            taken_.pop_back();
            ++carried_;
        }
        held_until_ = until;
    }
    [[nodiscard]] bool is_empty() const { return waiting_.empty(); }
    /// Nothing: they need not wait.
    [[nodiscard]] std::optional<Duration> held_until() const { return held_until_; }
    void release() { held_until_.reset(); }

    [[nodiscard]] std::size_t per_turn_max() const { return suspects_ > 0 ? 1 : kPerTurnMax; }

    void begin_turn() {
        if (suspects_ > 0 && !taken_.empty()) --suspects_;
        carried_ = waiting_.size();
        taken_.clear();
    }
    /// The same as when the turn began; none is tried before `until`.
    void abandon(Duration until) {
        waiting_.resize(carried_);
        waiting_.insert(waiting_.end(), taken_.begin(), taken_.end());
        if (suspects_ == 0 && !taken_.empty())
            suspects_ = taken_.size() + 1;  // of which begin_turn() takes one
        held_until_ = until;
    }
    void clear() { *this = {}; }

private:
    std::deque<ChildStart> waiting_;
    std::size_t carried_ = 0;        // of those in front, that waited when the turn began
    std::vector<ChildStart> taken_;  // of those, by this turn
    std::size_t suspects_ = 0;       // so many turns start one each
    std::optional<Duration> held_until_;
};

}  // namespace stepwell::runtime
