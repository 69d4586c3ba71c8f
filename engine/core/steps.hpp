// What the state kinds have in common, and the functions that each of them defines (one file a kind
// under states/). decide.cpp dispatches to them.
#pragma once

#include "engine/core/data_flow.hpp"
#include "engine/core/evaluation.hpp"
#include "engine/core/turn.hpp"

namespace stepwell::core {

using definition::StateKind;

/// Enters the state at which `frame` is ready, and works on it as far as it goes.
void enter(Turn& turn, FrameId frame);
/// Begins the state's work, first or again after a retry.
void begin_work(Turn& turn, FrameId frame);

/// Emits the state's Exited and goes to `next`, or ends the frame where there is none.
void leave(Turn& turn, FrameId frame, Outcome outcome, std::optional<StateId> next);
/// Leaves with what the evaluation gave, or fails the state.
void leave_or_fail(Turn& turn, FrameId frame, Evaluation& at, Evaluated<Outcome> outcome,
                   std::optional<StateId> next);
/// The state's work gave `result`.
void complete(Turn& turn, FrameId frame, const Payload& result);

EventType entered_type(StateKind kind);
EventType exited_type(StateKind kind);

// Begin the work of a state that has been entered.
void begin(Turn& turn, FrameId frame, const definition::TaskState& task);
void begin(Turn& turn, FrameId frame, const definition::PassState& pass);
void begin(Turn& turn, FrameId frame, const definition::ChoiceState& choice);
void begin(Turn& turn, FrameId frame, const definition::WaitState& wait);
void begin(Turn& turn, FrameId frame, const definition::SucceedState& succeed);
void begin(Turn& turn, FrameId frame, const definition::FailState& fail);
void begin(Turn& turn, FrameId frame, const definition::ParallelState& parallel);
void begin(Turn& turn, FrameId frame, const definition::MapState& map);

// states/task.cpp: reports, which are refused unless they are about the attempt in flight.
Result<void> on_report(Turn& turn, const TaskPickedUp& report);
Result<void> on_report(Turn& turn, const TaskSubmitted& report);
Result<void> on_report(Turn& turn, const TaskHeartbeat& report);
Result<void> on_report(Turn& turn, const TaskSucceeded& report);
Result<void> on_report(Turn& turn, const TaskFailed& report);
Result<void> on_report(Turn& turn, const ChildStarted& report);
Result<void> on_report(Turn& turn, const ChildClosed& report);
/// Emits the end of an attempt whose time is over; the fault is for the caller to handle.
Fault expire_task(Turn& turn, FrameId frame);
/// Orders that the attempt in flight be stopped, if there is one.
void cancel_task(Turn& turn, FrameId frame);

// states/wait.cpp
void finish_wait(Turn& turn, FrameId frame);

// states/parallel.cpp, states/map.cpp: a child has reached its end.
void on_branch_finished(Turn& turn, FrameId branch);
void on_iteration_finished(Turn& turn, FrameId iteration);
/// Starts what may run of a Map whose wave did not fit into a turn; finishes it after the last.
void continue_wave(Turn& turn, FrameId frame);
/// All branches of a Parallel have ended: it goes on with their outputs.
void join_branches(Turn& turn, FrameId frame);
// states/map_run.cpp: distributed Maps. REQUIRES: the Map is one.
/// Refused unless it is about the Map Run that the frame waits for.
Result<void> on_map_run_closed(Turn& turn, const MapRunClosed& closed);
/// Of the child that ended last. REQUIRES: all have ended.
EventId last_event_of_children(const Turn& turn, FrameId frame);
/// Whether anything of the state looks at what its children gave.
bool uses_result(const State& state);
/// The outputs of the children of `frame` as one array, in their order; `{}` where the state does
/// not use them. Fails with States.DataLimitExceeded where they are too much together.
Evaluated<Payload> joined_outputs(const Turn& turn, FrameId frame);
/// The state's children gave `result`.
void complete_join(Turn& turn, FrameId frame, const Evaluated<Payload>& result);

}  // namespace stepwell::core
