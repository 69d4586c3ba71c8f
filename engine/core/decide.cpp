// Dispatch only: which input goes where, and which state kind begins how.
#include "engine/core/decide.hpp"

#include "engine/core/redrive.hpp"
#include "engine/core/steps.hpp"

namespace stepwell::core {

namespace {

void reach_event_limit(Turn& turn) {
    fail_execution(
        turn, {errors::kRuntime, "The execution reached the maximum number of history events (" +
                                     std::to_string(turn.limits().events_max) + ")."});
}

void reach_byte_limit(Turn& turn) {
    fail_execution(turn, {errors::kDataLimitExceeded,
                          "The execution holds more than the maximum number of bytes (" +
                              std::to_string(turn.limits().execution_bytes_max) +
                              ") in the inputs and outputs of its states."});
}

void continue_children(Turn& turn, FrameId id) {
    if (turn.state_of(id).kind() == StateKind::map) return continue_wave(turn, id);
    join_branches(turn, id);
}

void step(Turn& turn, FrameId id) {
    const Phase phase = turn.frame(id).phase;
    if (phase == Phase::starting_children) return continue_children(turn, id);
    if (phase == Phase::redriven) return begin_work(turn, id);
    enter(turn, id);
}

void run(Turn& turn) {
    while (turn.execution().is_running()) {
        if (turn.is_at_event_limit()) return reach_event_limit(turn);
        if (turn.is_at_byte_limit()) return reach_byte_limit(turn);
        const auto next = turn.next_runnable();
        if (!next) return;
        step(turn, *next);
    }
}

Result<void> on(Turn& turn, const StartExecution& input) {
    if (!turn.execution().is_fresh()) {
        return fail(ErrorCode::conflict, "expected a fresh execution, but '" +
                                             turn.execution().facts().name + "' has begun");
    }
    Facts facts;
    facts.arn = input.arn;
    facts.name = input.name;
    facts.workflow_arn = input.workflow_arn;
    facts.workflow_name = input.workflow_name;
    facts.role_arn = input.role_arn;
    facts.version_arn = input.version_arn;
    facts.alias_arn = input.alias_arn;
    facts.input = input.input;
    facts.started_at = turn.now();
    const auto timeout = turn.definition().timeout_seconds;
    if (timeout) facts.due = turn.now() + std::chrono::seconds(*timeout);
    turn.emit(EventType::execution_started, kRootFrame,
              ExecutionBegan{.facts = std::make_shared<const Facts>(std::move(facts)),
                             .start = turn.definition().scope(kRootScope).start});
    turn.enqueue(kRootFrame);
    return {};
}

Result<void> on(Turn& turn, const TaskPickedUp& input) {
    return on_report(turn, input);
}
Result<void> on(Turn& turn, const TaskSubmitted& input) {
    return on_report(turn, input);
}
Result<void> on(Turn& turn, const TaskHeartbeat& input) {
    return on_report(turn, input);
}
Result<void> on(Turn& turn, const TaskSucceeded& input) {
    return on_report(turn, input);
}
Result<void> on(Turn& turn, const TaskFailed& input) {
    return on_report(turn, input);
}

Result<void> on(Turn& turn, const ChildStarted& input) {
    return on_report(turn, input);
}
Result<void> on(Turn& turn, const ChildClosed& input) {
    return on_report(turn, input);
}

Result<void> on(Turn& turn, const MapRunClosed& input) {
    return on_map_run_closed(turn, input);
}

Result<void> on(Turn& turn, const StopExecution& input) {
    cancel_tasks(turn, kRootFrame);
    turn.emit(EventType::execution_aborted, kRootFrame, ErrorInfo{input.error, input.cause},
              EventId{});
    return {};
}

/// Nothing is entered again: a state that was redriven begins its work anew.
Result<void> on(Turn& turn, const RedriveExecution& input) {
    const Header& header = turn.execution().header();
    const EventId ended{header.events};
    RedriveInfo info;
    info.count = header.redrive ? header.redrive->count + 1 : 1;
    const auto timeout = turn.definition().timeout_seconds;
    if (timeout) info.due = turn.now() + std::chrono::seconds(*timeout);
    info.client_token = input.client_token;
    info.frames = restart_points(input.frames, EventId{header.events + 1});
    std::vector<FrameId> runnable;
    for (const StandingFrame& one : info.frames) {
        if (one.frame->is_runnable()) runnable.push_back(one.frame->id);
    }
    turn.emit(EventType::execution_redriven, kRootFrame, std::move(info), ended);
    for (const FrameId id : runnable) turn.enqueue(id);
    return {};
}

/// What it costs at most that a task fails by its time: where a catcher takes that, it puts the
/// error into the state's input, and may assign.
std::uint64_t cost_of_expiry(const Turn& turn, FrameId id) {
    std::uint64_t cost = 1;
    if (!turn.frame(id).has_task()) return cost;
    for (const definition::Catcher& catcher : turn.state_of(id).catchers) {
        if (catcher.assign || catcher.assign_query || catcher.output)
            return turn.limits().work_per_state_max;
        const bool is_whole = catcher.result_path.kind == definition::Selection::Kind::whole;
        if (!is_whole) cost = 2 * cost_to_parse(turn.frame(id).input.bytes());
    }
    return cost;
}

/// As many of those that are due, in their order, as fit into a turn; at least one. The rest stays
/// due.
std::vector<FrameId> due_in_turn(const Turn& turn) {
    std::vector<FrameId> due =
        turn.execution().due(turn.now(), turn.limits().transitions_per_turn_max);
    std::uint64_t cost = 0;
    std::size_t count = 0;
    while (count < due.size() && cost < turn.limits().work_per_turn_max) {
        cost += cost_of_expiry(turn, due[count++]);
    }
    due.resize(count);
    return due;
}

/// First all attempts whose time is over end, then their states fail: an expiry is a fact of its
/// own, and is in the history even where the failure of another state comes first.
void fire(Turn& turn, const std::vector<FrameId>& due) {
    std::vector<std::pair<FrameId, std::optional<Fault>>> fired;
    for (const FrameId id : due) {
        const bool is_task = turn.frame(id).has_task();
        fired.emplace_back(id, is_task ? std::optional(expire_task(turn, id)) : std::nullopt);
    }
    for (auto& [id, fault] : fired) {
        const Frame* frame = turn.execution().find(id);
        if (frame == nullptr || frame->phase == Phase::finished) continue;
        if (fault) {
            fail_state(turn, id, *std::move(fault));
        } else if (turn.is_worked_out()) {
            continue;  // it stays due
        } else if (frame->phase == Phase::awaiting_timer) {
            finish_wait(turn, id);
        } else if (frame->phase == Phase::awaiting_retry) {
            begin_work(turn, id);
        }
    }
}

Result<void> on(Turn& turn, const TimerDue&) {
    const auto machine_due = turn.execution().base().machine_due();
    if (machine_due && *machine_due <= turn.now()) {
        cancel_tasks(turn, kRootFrame);
        turn.emit(EventType::execution_timed_out, kRootFrame,
                  ErrorInfo{errors::kTimeout, std::nullopt}, EventId{});
        return {};
    }
    const std::size_t most = turn.limits().transitions_per_turn_max;
    for (const FrameId id : turn.execution().runnable(most)) turn.enqueue(id);
    fire(turn, due_in_turn(turn));
    return {};
}

/// Whether nothing is to be done any more but to wait for its token.
bool is_with_holder(const definition::Resource& resource, const Frame& frame) {
    if (resource.is_for_worker()) return frame.phase == Phase::awaiting_task;
    return resource.ends_by_token() && frame.task->submitted;
}

}  // namespace

void enter(Turn& turn, FrameId id) {
    const State& state = turn.state_of(id);
    turn.emit(entered_type(state.kind()), id,
              EnteredInfo{.name = state.name, .input = turn.frame(id).input});
    begin_work(turn, id);
}

void begin_work(Turn& turn, FrameId id) {
    std::visit([&](const auto& body) { begin(turn, id, body); }, turn.state_of(id).body);
}

Result<Decision> decide(const Definition& definition, const Execution& execution,
                        const Input& input, const Moment& moment) {
    const bool is_redrive = std::holds_alternative<RedriveExecution>(input);
    if (is_redrive) SW_TRY(check_redrivable(execution));
    if (!execution.is_running() && !is_redrive && !std::holds_alternative<StartExecution>(input)) {
        return fail(ErrorCode::conflict,
                    execution.is_fresh()
                        ? std::string("expected an execution that runs, but it has not begun")
                        : "expected an execution that runs, but '" + execution.facts().name +
                              "' is " + name_of(execution.status()));
    }
    Turn turn(definition, execution, moment);
    SW_TRY(std::visit([&](const auto& said) { return on(turn, said); }, input));
    run(turn);
    return std::move(turn).finish();
}

Delta restart_heartbeats(const Execution& execution, Timestamp now) {
    Delta delta;
    delta.header = execution.header();
    for (const FramePtr& frame : execution.frames()) {
        if (!frame->heartbeat_due || !frame->task || !frame->task->heartbeat_seconds) continue;
        auto changed = std::make_shared<Frame>(*frame);
        changed->heartbeat_due = now + std::chrono::seconds(*frame->task->heartbeat_seconds);
        delta.frames[frame->id] = std::move(changed);
    }
    return delta;
}

StartTask task_at(ExecutionId execution, const Frame& frame) {
    const TaskInFlight& task = *frame.task;
    return {.token = {execution, frame.id, frame.attempt},
            .state = frame.state,
            .parameters = task.parameters,
            .timeout_seconds = task.timeout_seconds,
            .heartbeat_seconds = task.heartbeat_seconds,
            .retry_count = frame.retries,
            .entered_at = frame.entered_at,
            .submitted = task.submitted,
            .is_picked_up = frame.phase == Phase::awaiting_task};
}

Command order_of(const Definition& definition, ExecutionId execution, const Frame& frame) {
    StartTask task = task_at(execution, frame);
    const auto& state = std::get<definition::TaskState>(definition.state(frame.state).body);
    if (!task.is_picked_up || !state.resource.starts_execution()) return task;
    return StartChild{task.token, task.state, std::move(task.parameters),
                      std::move(task.submitted)};
}

std::vector<Command> outstanding(const Definition& definition, const Execution& execution) {
    std::vector<Command> commands;
    for (const FramePtr& frame : execution.frames()) {
        if (!frame->has_task()) continue;
        const auto& state = std::get<definition::TaskState>(definition.state(frame->state).body);
        if (is_with_holder(state.resource, *frame)) continue;
        commands.push_back(order_of(definition, execution.id(), *frame));
    }
    return commands;
}

}  // namespace stepwell::core
