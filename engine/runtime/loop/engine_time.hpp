// The time by which the engine's thread works: the time of day, which never goes back.
//
// Where somebody sets the clock back, this goes on from where it was, measured by the steady clock:
// otherwise every time-out and every wait would last longer by that much. It is ahead of the time
// of day then, and comes back to it little by little. Where the clock is set forward this follows.
// Both are logged. What is persisted is this time; after a restart it is the time of day again.
//
// Threads: the engine's only.
#pragma once

#include "engine/runtime/clock.hpp"

namespace stepwell::runtime {

class EngineTime {
public:
    /// REQUIRES: `clock` outlives it.
    explicit EngineTime(Clock& clock);

    /// Looks at the clocks.
    Timestamp now();
    /// When the clock on the wall will show what now() is to reach. REQUIRES: now() was called.
    [[nodiscard]] Timestamp on_the_wall(Timestamp time) const { return time - ahead_; }

private:
    Clock& clock_;
    Timestamp wall_;
    Duration steady_;
    Duration ahead_{0};
    Duration unused_{0};  // passed, and too short to come nearer by
    Timestamp latest_{};
};

}  // namespace stepwell::runtime
