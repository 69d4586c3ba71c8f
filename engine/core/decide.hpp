// The decision core: what should happen next, and nothing else.
//
//   decide(definition, execution, input, moment) -> Decision{events, commands, next}
//   evolve(execution, events)
//   outstanding(definition, execution) -> commands
//
// Pure: no clock, no randomness, no I/O, no logging, no threads. decide() emits only through
// evolve(), so live and replay cannot differ. Replay does not come here: it runs evolve() alone, so
// a later release may decide differently about inputs that it has yet to see, and never about the
// past.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/core/command.hpp"
#include "engine/core/delta.hpp"
#include "engine/core/event.hpp"
#include "engine/core/execution.hpp"
#include "engine/core/input.hpp"
#include "engine/definition/definition.hpp"

namespace stepwell::core {

using definition::Definition;

/// What bounds one execution.
struct Limits {
    /// Events of a history; an execution that reaches it fails. Step Functions: 25,000. Ours is
    /// higher on purpose: a chain of 20,000 states or a Map of 10,000 items is no fault here.
    std::uint64_t events_max = 1'000'000;
    /// State entries in one turn; a longer chain goes on in the next turn (next_due() is then in
    /// the past), so that commits stay small and other executions get their turn.
    std::uint32_t transitions_per_turn_max = 1'000;
    /// Payload bytes that one turn may make; the step that goes beyond is its last. For the same
    /// reason: what a turn makes is encoded and written before another execution gets its turn. To
    /// write a megabyte and to sync it takes some ten milliseconds.
    std::size_t bytes_per_turn_max = std::size_t{1} << 20;
    /// What one state may look at and make in one go, in units of base/work.hpp; one that needs
    /// more fails with States.Runtime. A state cannot be cut, so this is what it may make others
    /// wait.
    std::uint64_t work_per_state_max = 1'000'000;
    /// The same for all states of a turn: the one that goes beyond is its last.
    std::uint64_t work_per_turn_max = 250'000;
    /// Payload bytes that an execution may hold at one time; one that goes beyond fails with
    /// States.DataLimitExceeded, and no other execution suffers from it.
    std::size_t execution_bytes_max = std::size_t{512} << 20;
};

/// What the shell adds to an input: decide() draws nothing itself.
struct Moment {
    Timestamp now;
    std::uint64_t entropy = 0;  // seeds jitter, UUIDs and MathRandom of this decision
    Limits limits{};
    std::uint64_t secret = 0;  // what task tokens are sealed with: the journal's
    /// Whether a task of this state has to wait for a TaskPickedUp. Empty: none has to, and each
    /// is started by the decision that schedules it.
    std::function<bool(const definition::State&)> has_to_wait{};
    /// Whether there is an activity with this ARN. Empty: each one is there.
    std::function<bool(const std::string& arn)> has_activity{};
};

struct Decision {
    /// To be journaled, in this order, all or none. Empty: there is nothing to store, but `next`
    /// may hold deadlines that a heartbeat has moved.
    std::vector<Event> events;
    std::vector<Command> commands;  // to be carried out, only after `events` are durable
    Delta next;                     // to be merged, only after `events` are durable
    std::uint64_t work = 0;         // what it took, in units of base/work.hpp
};

/// Decides the consequences of `input` for `execution`, as of `moment`.
///
/// Fails with `conflict` where the input is refused: it is late, repeated, or does not fit. A
/// refusal changes nothing. A workflow that fails is no error but a Decision with an
/// ExecutionFailed. A TimerDue when nothing is due gives an empty decision.
///
/// REQUIRES: `definition` is the one that `execution` was started with.
Result<Decision> decide(const Definition& definition, const Execution& execution,
                        const Input& input, const Moment& moment);

/// The heartbeat clocks of all tasks begin anew at `now`: nobody could hear them while no daemon
/// ran. No facts; without frames where there are none.
Delta restart_heartbeats(const Execution& execution, Timestamp now);

/// Folds journaled events into `execution`. REQUIRES: they follow those it was made from.
void evolve(Execution& execution, const std::vector<Event>& events);

/// What the shell has to do for `execution` as it stands: the tasks in flight, to be started again
/// after a restart, or to be let wait again. A task that has been submitted says so in
/// StartTask::submitted; one that waits only for its token to come back (a callback that was
/// submitted, an activity that a worker has) is not among them.
std::vector<Command> outstanding(const Definition& definition, const Execution& execution);
/// The order for the task in flight at `frame`, as a runner or a gate has it. REQUIRES:
/// frame.has_task().
StartTask task_at(ExecutionId execution, const Frame& frame);
/// The same, or the execution that it starts. REQUIRES: frame.has_task().
Command order_of(const Definition& definition, ExecutionId execution, const Frame& frame);

}  // namespace stepwell::core
