// How a fault travels: retrier, catcher, the state around, ..., the end of the execution.
#include "engine/core/fault.hpp"

#include "engine/core/retry.hpp"
#include "engine/core/state_probe.hpp"
#include "engine/core/steps.hpp"

namespace stepwell::core {

namespace {

void show(const Turn& turn, FrameId id, const Fault& fault) {
    StateProbe* probe = turn.probe();
    if (!probe) return;
    probe->failure = fault.info;
    probe->retrier = named_retrier(turn.state_of(id).retry, fault);
}

bool schedule_retry(Turn& turn, FrameId id, const Fault& fault) {
    const Frame& frame = turn.frame(id);
    const auto& retriers = turn.state_of(id).retry;
    const auto index = find_retrier(retriers, frame.retries_by_retrier, fault);
    if (!index) return false;
    const std::uint32_t used =
        *index < frame.retries_by_retrier.size() ? frame.retries_by_retrier[*index] : 0;
    const Duration delay = delay_of(retriers[*index], used, turn.random());
    const EventId previous = fault.is_from_children ? fault.leaf : frame.last_event;
    turn.emit(EventType::retry_scheduled, id,
              RetryInfo{.retrier = static_cast<std::uint32_t>(*index), .due = turn.now() + delay},
              previous);
    return true;
}

/// An expression in JSONata that fails is told beside what becomes of the state. As recorded, it
/// follows what came before the state.
void emit_evaluation_failed(Turn& turn, FrameId id, Fault& fault) {
    if (!fault.evaluation_location) return;
    turn.emit(EventType::evaluation_failed, id,
              EvaluationInfo{turn.state_of(id).name, *fault.evaluation_location, fault.info},
              turn.frame(id).entered_previous);
    fault.evaluation_location.reset();
    fault.is_of_queries = true;
}

/// A fault of the children is first one of the state itself, whether it is caught or not. A Map of
/// which expressions fail before it has children fails in the same way.
void emit_state_failed(Turn& turn, FrameId id, const Fault& fault) {
    const bool is_map = turn.state_of(id).kind() == StateKind::map;
    if (is_map && fault.is_of_queries) {
        turn.emit(EventType::map_state_failed, id, {});
        return;
    }
    if (!fault.is_from_children) return;
    turn.emit(is_map ? EventType::map_state_failed : EventType::parallel_state_failed, id, {},
              fault.leaf);
}

enum class Caught { no, yes, failed };

/// Where the catcher itself fails, `fault` becomes that failure, which nothing catches.
Caught go_to_catcher(Turn& turn, FrameId id, Fault& fault) {
    for (const definition::Catcher& catcher : turn.state_of(id).catchers) {
        if (!is_named(catcher.error_equals, fault)) continue;
        Evaluation at(turn, id);
        auto outcome = outcome_of_catch(at, catcher, fault.info);
        if (outcome) {
            if (StateProbe* probe = turn.probe()) {
                const auto& catchers = turn.state_of(id).catchers;
                probe->catcher = static_cast<std::size_t>(&catcher - catchers.data());
            }
            leave(turn, id, *std::move(outcome), catcher.next);
            return Caught::yes;
        }
        fault = at.fault(outcome.error());
        fault.is_final = true;
        show(turn, id, fault);
        emit_evaluation_failed(turn, id, fault);
        return Caught::failed;
    }
    return Caught::no;
}

std::optional<EventType> aborted_type(StateKind kind) {
    switch (kind) {
        case StateKind::task:
            return EventType::task_state_aborted;
        case StateKind::wait:
            return EventType::wait_state_aborted;
        case StateKind::map:
            return EventType::map_state_aborted;
        case StateKind::parallel:
            return EventType::parallel_state_aborted;
        default:
            return std::nullopt;  // they never wait
    }
}

/// Aborts what `id` is doing. All events of one abort follow `leaf`, the event that caused it.
void abort_frame(Turn& turn, FrameId id, EventId leaf) {
    const StateKind kind = turn.state_of(id).kind();
    for (const FrameId child : turn.execution().children_of(id)) {
        const Frame& frame = turn.frame(child);
        if (frame.phase == Phase::finished) continue;
        abort_frame(turn, child, leaf);
        if (kind != StateKind::map) continue;
        turn.emit(EventType::map_iteration_aborted, id,
                  IterationInfo{turn.state_of(id).name, frame.index}, leaf);
    }
    cancel_task(turn, id);
    if (turn.frame(id).phase == Phase::awaiting_map_run) {
        turn.emit(EventType::map_run_aborted, id, {}, leaf);
    }
    const auto type = aborted_type(kind);
    if (type && turn.frame(id).phase != Phase::ready) turn.emit(*type, id, {}, leaf);
}

/// Returns whether there was any that still ran.
bool abort_siblings(Turn& turn, FrameId failed, FrameId parent, EventId leaf) {
    bool any = false;
    const State& state = turn.state_of(parent);
    for (const FrameId sibling : turn.execution().children_of(parent)) {
        const Frame& frame = turn.frame(sibling);
        if (sibling == failed || frame.phase == Phase::finished) continue;
        any = true;
        abort_frame(turn, sibling, leaf);
        if (state.kind() != StateKind::map) continue;
        turn.emit(EventType::map_iteration_aborted, parent, IterationInfo{state.name, frame.index},
                  leaf);
    }
    return any;
}

/// A child has failed for good: so has the Parallel or Map around it. Returns that one's frame.
FrameId fail_parent(Turn& turn, FrameId child, Fault& fault) {
    const Frame& frame = turn.frame(child);
    const FrameId parent = *frame.parent;
    const EventId leaf = frame.last_event;
    const State& state = turn.state_of(parent);
    if (state.kind() == StateKind::map) {
        turn.emit(EventType::map_iteration_failed, parent, IterationInfo{state.name, frame.index},
                  leaf);
    }
    const bool any_aborted = abort_siblings(turn, child, parent, leaf);
    // As recorded: after its siblings, the task that failed is aborted too.
    if (any_aborted && turn.state_of(child).kind() == StateKind::task) {
        turn.emit(EventType::task_state_aborted, child, {}, leaf);
    }
    fault.is_from_children = true;
    fault.is_of_queries = false;
    fault.leaf = leaf;
    return parent;
}

}  // namespace

std::string data_limit_cause(const std::string& name) {
    return "The state/task '" + name +
           "' returned a result with a size exceeding the maximum number of bytes service limit.";
}

void fail_state(Turn& turn, FrameId id, Fault fault) {
    for (;;) {
        show(turn, id, fault);
        emit_evaluation_failed(turn, id, fault);
        if (schedule_retry(turn, id, fault)) return;
        emit_state_failed(turn, id, fault);
        if (go_to_catcher(turn, id, fault) == Caught::yes) return;
        if (!turn.frame(id).parent) return fail_execution(turn, std::move(fault.info));
        id = fail_parent(turn, id, fault);
    }
}

void cancel_tasks(Turn& turn, FrameId id) {
    for (const FrameId child : turn.execution().children_of(id)) cancel_tasks(turn, child);
    cancel_task(turn, id);
}

void fail_execution(Turn& turn, ErrorInfo info) {
    cancel_tasks(turn, kRootFrame);
    turn.emit(EventType::execution_failed, kRootFrame, std::move(info));
}

}  // namespace stepwell::core
