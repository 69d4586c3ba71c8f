// The decision core: what should happen next, and nothing else.
//
// Pure: no clock, no randomness, no I/O, no logging, no threads. Replay does not come here: it runs
// evolve() alone, so a later release may decide differently about inputs that it has yet to see, and
// never about the past.
//
//   decide(definition, execution, input, moment) -> Decision{events, commands, next}
//   evolve(execution, event)
//   outstanding(definition, execution) -> commands
#pragma once

#include "engine/core/command.hpp"
#include "engine/core/event.hpp"
#include "engine/core/execution.hpp"
#include "engine/core/input.hpp"

namespace stepwell::core {

/// What the shell adds to an input: decide() draws nothing itself.
struct Moment {
    Timestamp now;
    std::uint64_t entropy = 0;  // seeds jitter, UUIDs and MathRandom of this decision
};

}  // namespace stepwell::core
