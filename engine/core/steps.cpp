#include "engine/core/steps.hpp"

namespace stepwell::core {

EventType entered_type(StateKind kind) {
    switch (kind) {
        case StateKind::task:
            return EventType::task_state_entered;
        case StateKind::pass:
            return EventType::pass_state_entered;
        case StateKind::choice:
            return EventType::choice_state_entered;
        case StateKind::wait:
            return EventType::wait_state_entered;
        case StateKind::succeed:
            return EventType::succeed_state_entered;
        case StateKind::fail:
            return EventType::fail_state_entered;
        case StateKind::parallel:
            return EventType::parallel_state_entered;
        case StateKind::map:
            return EventType::map_state_entered;
    }
    SW_ASSERT(false);
}

EventType exited_type(StateKind kind) {
    switch (kind) {
        case StateKind::task:
            return EventType::task_state_exited;
        case StateKind::pass:
            return EventType::pass_state_exited;
        case StateKind::choice:
            return EventType::choice_state_exited;
        case StateKind::wait:
            return EventType::wait_state_exited;
        case StateKind::succeed:
            return EventType::succeed_state_exited;
        case StateKind::parallel:
            return EventType::parallel_state_exited;
        case StateKind::map:
            return EventType::map_state_exited;
        case StateKind::fail:
            break;
    }
    SW_ASSERT(false);
}

void leave(Turn& turn, FrameId id, Outcome outcome, std::optional<StateId> next) {
    const State& state = turn.state_of(id);
    turn.emit(exited_type(state.kind()), id,
              ExitedInfo{.name = state.name,
                         .output = outcome.output,
                         .assigned = std::move(outcome.assigned),
                         .next = next});
    if (next) return turn.enqueue(id);

    const Frame& frame = turn.frame(id);
    if (!frame.parent) {
        turn.emit(EventType::execution_succeeded, id, OutputInfo{std::move(outcome.output)});
    } else if (turn.state_of(*frame.parent).kind() == StateKind::map) {
        on_iteration_finished(turn, id);
    } else {
        on_branch_finished(turn, id);
    }
}

void leave_or_fail(Turn& turn, FrameId id, Evaluation& at, Evaluated<Outcome> outcome,
                   std::optional<StateId> next) {
    if (!outcome) return fail_state(turn, id, at.fault(outcome.error()));
    leave(turn, id, std::move(outcome).value(), next);
}

void complete(Turn& turn, FrameId id, const Payload& result) {
    Evaluation at(turn, id);
    const auto* pass = std::get_if<definition::PassState>(&at.state().body);
    if (!pass || pass->result) at.show(Stage::result, result);
    leave_or_fail(turn, id, at, outcome_of(at, result), at.state().next);
}

}  // namespace stepwell::core
