#include "engine/core/evolve.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "engine/core/decide.hpp"

namespace stepwell::core {

namespace {

void began(Draft& draft, const Event& event) {
    const auto& began = std::get<ExecutionBegan>(event.details);
    draft.set_facts(began.facts);
    draft.change_header().frames = 1;
    auto root = std::make_shared<Frame>();
    root->id = kRootFrame;
    root->scope = kRootScope;
    root->state = began.start;
    root->input = began.facts->input;
    draft.add(std::move(root));
}

void ended(Draft& draft, const Event& event, Status status) {
    Header& header = draft.change_header();
    header.status = status;
    header.stopped_at = event.at;
    if (const auto* success = std::get_if<OutputInfo>(&event.details)) {
        header.output = success->output;
    } else {
        const auto& failure = std::get<ErrorInfo>(event.details);
        header.error = failure.error;
        header.cause = failure.cause;
    }
    draft.remove_all();
}

void entered(Draft& draft, const Event& event) {
    Frame& frame = draft.change(event.frame);
    frame.phase = Phase::entered;
    frame.entered_event = event.id;
    frame.entered_previous = event.previous;
    frame.entered_at = event.at;
    frame.last_event = event.id;
    frame.retries = 0;
    frame.retries_by_retrier.clear();
}

/// Both are sorted by name; an assigned variable replaces the one of the same name.
VariablesPtr with_assigned(const VariablesPtr& before, const VariablesPtr& assigned) {
    if (!assigned || assigned->empty()) return before;
    if (!before || before->empty()) return assigned;
    const auto by_name = [](const Variable& a, const Variable& b) { return a.name < b.name; };
    Variables merged;
    merged.reserve(before->size() + assigned->size());
    std::set_union(assigned->begin(), assigned->end(), before->begin(), before->end(),
                   std::back_inserter(merged), by_name);
    return std::make_shared<const Variables>(std::move(merged));
}

void clear_work(Frame& frame) {
    frame.task.reset();
    frame.due.reset();
    frame.heartbeat_due.reset();
}

void exited(Draft& draft, const Event& event) {
    const auto& info = std::get<ExitedInfo>(event.details);
    draft.remove_descendants(event.frame);
    Frame& frame = draft.change(event.frame);
    clear_work(frame);
    frame.fanout.reset();
    frame.input = info.output;
    frame.last_event = event.id;
    frame.variables = with_assigned(frame.variables, info.assigned);
    if (info.next) {
        frame.state = *info.next;
        frame.phase = Phase::ready;
        return;
    }
    frame.phase = Phase::finished;
    if (frame.parent) draft.child_finished(*frame.parent);
}

void scheduled(Draft& draft, const Event& event) {
    const auto& info = std::get<ScheduledInfo>(event.details);
    Frame& frame = draft.change(event.frame);
    clear_work(frame);
    frame.phase = Phase::awaiting_pickup;
    frame.attempt = info.attempt;
    frame.last_event = event.id;
    frame.task = std::make_shared<const TaskInFlight>(
        TaskInFlight{.parameters = info.parameters,
                     .timeout_seconds = info.timeout_seconds,
                     .heartbeat_seconds = info.heartbeat_seconds,
                     .submitted = std::nullopt});
}

/// The clock of an activity runs while it waits for a worker, too.
void scheduled_for_worker(Draft& draft, const Event& event) {
    scheduled(draft, event);
    const auto& timeout = std::get<ScheduledInfo>(event.details).timeout_seconds;
    if (timeout) draft.change(event.frame).due = event.at + std::chrono::seconds(*timeout);
}

void taken_by_worker(Draft& draft, const Event& event) {
    Frame& frame = draft.change(event.frame);
    frame.phase = Phase::awaiting_task;
    frame.heartbeat_due = std::get<WorkerInfo>(event.details).heartbeat_due;
    frame.last_event = event.id;
}

void started(Draft& draft, const Event& event) {
    const auto& info = std::get<TaskInfo>(event.details);
    Frame& frame = draft.change(event.frame);
    frame.phase = Phase::awaiting_task;
    frame.due = info.due;
    frame.heartbeat_due = info.heartbeat_due;
    frame.last_event = event.id;
}

void submitted(Draft& draft, const Event& event) {
    const auto& info = std::get<TaskInfo>(event.details);
    Frame& frame = draft.change(event.frame);
    TaskInFlight task = *frame.task;
    task.submitted = info.output;
    frame.task = std::make_shared<const TaskInFlight>(std::move(task));
    frame.heartbeat_due = info.heartbeat_due;
    frame.last_event = event.id;
}

void attempt_ended(Draft& draft, const Event& event) {
    Frame& frame = draft.change(event.frame);
    clear_work(frame);
    frame.phase = Phase::entered;
    frame.last_event = event.id;
}

void fanned_out(Draft& draft, const Event& event) {
    Frame& frame = draft.change(event.frame);
    frame.due.reset();
    frame.fanout = std::get<FanoutInfo>(event.details).fanout;
    frame.phase = Phase::awaiting_children;
    frame.last_event = event.id;
}

void child_began(Draft& draft, const Event& event) {
    const auto& info = std::get<ChildInfo>(event.details);
    draft.change_header().frames = value_of(info.child) + 1;
    auto child = std::make_shared<Frame>();
    child->id = info.child;
    child->parent = event.frame;
    child->scope = info.scope;
    child->index = info.index;
    child->state = info.start;
    child->input = info.input;
    child->last_event = is_internal(event.type) ? event.previous : event.id;
    draft.add(std::move(child));
}

/// A Parallel or Map is over. Its "succeeded" does not become a predecessor, its "failed" does.
void fan_in(Draft& draft, const Event& event, EventId last) {
    draft.remove_descendants(event.frame);
    Frame& frame = draft.change(event.frame);
    frame.fanout.reset();
    frame.phase = Phase::entered;
    frame.last_event = last;
}

void timer_set(Draft& draft, const Event& event) {
    Frame& frame = draft.change(event.frame);
    frame.phase = Phase::awaiting_timer;
    frame.due = std::get<TimerInfo>(event.details).due;
}

void retry_scheduled(Draft& draft, const Event& event) {
    const auto& info = std::get<RetryInfo>(event.details);
    draft.remove_descendants(event.frame);
    Frame& frame = draft.change(event.frame);
    clear_work(frame);
    frame.fanout.reset();
    frame.phase = Phase::awaiting_retry;
    frame.due = info.due;
    frame.last_event = event.previous;
    ++frame.retries;
    if (frame.retries_by_retrier.size() <= info.retrier) {
        frame.retries_by_retrier.resize(info.retrier + 1);
    }
    ++frame.retries_by_retrier[info.retrier];
}

/// Those of the last minutes, the last few of them.
void remember_client(std::vector<ClientToken>& clients, const std::string& text, Timestamp at) {
    std::erase_if(clients, [&](const ClientToken& one) { return at - one.at >= kClientTokenLife; });
    if (text.empty()) return;
    if (clients.size() == kClientTokensMax) clients.erase(clients.begin());
    clients.push_back({text, at});
}

void redriven(Draft& draft, const Event& event) {
    const auto& info = std::get<RedriveInfo>(event.details);
    Header& header = draft.change_header();
    header.status = Status::running;
    header.stopped_at.reset();
    header.error.reset();
    header.cause.reset();
    Redrive redrive = header.redrive.value_or(Redrive{});
    redrive.count = info.count;
    redrive.at = event.at;
    redrive.due = info.due;
    remember_client(redrive.clients, info.client_token, event.at);
    header.redrive = std::move(redrive);
    draft.keep_facts();
    for (const StandingFrame& one : info.frames) {
        auto frame = std::make_shared<Frame>(*one.frame);
        frame->variables = one.variables;
        draft.add(std::move(frame));
        const bool is_finished = one.frame->phase == Phase::finished;
        if (is_finished && one.frame->parent) draft.child_finished(*one.frame->parent);
    }
}

void succeeded(Draft& draft, const Event& event) {
    ended(draft, event, Status::succeeded);
}
void failed(Draft& draft, const Event& event) {
    ended(draft, event, Status::failed);
}
void aborted(Draft& draft, const Event& event) {
    ended(draft, event, Status::aborted);
}
void timed_out(Draft& draft, const Event& event) {
    ended(draft, event, Status::timed_out);
}

/// Of a distributed Map, the Map Run has ended before, and with it the fan-out.
void children_succeeded(Draft& draft, const Event& event) {
    if (!draft.frame(event.frame).fanout) return;
    fan_in(draft, event, event.previous);
}
void children_failed(Draft& draft, const Event& event) {
    fan_in(draft, event, event.id);
}

void map_run_began(Draft& draft, const Event& event) {
    const auto& info = std::get<MapRunInfo>(event.details);
    Frame& frame = draft.change(event.frame);
    frame.phase = Phase::awaiting_map_run;
    frame.attempt = info.attempt;
    frame.last_event = event.id;
    frame.task = std::make_shared<const TaskInFlight>(TaskInFlight{
        .parameters = Payload(Json{{"MapRunArn", info.arn}, {"RedriveCount", info.redrives}}),
        .timeout_seconds = std::nullopt,
        .heartbeat_seconds = std::nullopt,
        .submitted = std::nullopt});
}
void map_run_succeeded(Draft& draft, const Event& event) {
    const bool is_followed = std::get<MapRunInfo>(event.details).is_followed;
    draft.change(event.frame).task.reset();
    fan_in(draft, event, is_followed ? event.id : event.previous);
}
void map_run_failed(Draft& draft, const Event& event) {
    draft.change(event.frame).task.reset();
    fan_in(draft, event, event.id);
}

void heartbeat(Draft& draft, const Event& event) {
    draft.change(event.frame).heartbeat_due = std::get<TimerInfo>(event.details).due;
}
void wave_paused(Draft& draft, const Event& event) {
    draft.change(event.frame).phase = Phase::starting_children;
}
void wave_ended(Draft& draft, const Event& event) {
    draft.change(event.frame).phase = Phase::awaiting_children;
}

/// What the failure leads to follows it.
void evaluation_failed(Draft& draft, const Event& event) {
    draft.change(event.frame).last_event = event.id;
}

/// Told for the history. Frames that are aborted go when the state around them fails or is retried.
void only_told(Draft&, const Event&) {}

using Effect = void (*)(Draft&, const Event&);

constexpr std::pair<EventType, Effect> kEffects[] = {
    {EventType::execution_started, began},
    {EventType::execution_succeeded, succeeded},
    {EventType::execution_failed, failed},
    {EventType::execution_aborted, aborted},
    {EventType::execution_timed_out, timed_out},
    {EventType::execution_redriven, redriven},
    {EventType::evaluation_failed, evaluation_failed},
    {EventType::choice_state_entered, entered},
    {EventType::choice_state_exited, exited},
    {EventType::fail_state_entered, entered},
    {EventType::map_state_entered, entered},
    {EventType::map_state_exited, exited},
    {EventType::parallel_state_entered, entered},
    {EventType::parallel_state_exited, exited},
    {EventType::pass_state_entered, entered},
    {EventType::pass_state_exited, exited},
    {EventType::succeed_state_entered, entered},
    {EventType::succeed_state_exited, exited},
    {EventType::task_state_entered, entered},
    {EventType::task_state_exited, exited},
    {EventType::wait_state_entered, entered},
    {EventType::wait_state_exited, exited},
    {EventType::task_scheduled, scheduled},
    {EventType::task_started, started},
    {EventType::task_submitted, submitted},
    {EventType::task_succeeded, attempt_ended},
    {EventType::task_failed, attempt_ended},
    {EventType::task_timed_out, attempt_ended},
    {EventType::lambda_function_scheduled, scheduled},
    {EventType::lambda_function_started, started},
    {EventType::lambda_function_succeeded, attempt_ended},
    {EventType::lambda_function_failed, attempt_ended},
    {EventType::lambda_function_timed_out, attempt_ended},
    {EventType::activity_scheduled, scheduled_for_worker},
    {EventType::activity_started, taken_by_worker},
    {EventType::activity_succeeded, attempt_ended},
    {EventType::activity_failed, attempt_ended},
    {EventType::activity_timed_out, attempt_ended},
    {EventType::map_state_started, fanned_out},
    {EventType::map_state_succeeded, children_succeeded},
    {EventType::map_state_failed, children_failed},
    {EventType::map_state_aborted, only_told},
    {EventType::map_iteration_started, child_began},
    {EventType::map_iteration_succeeded, only_told},
    {EventType::map_iteration_failed, only_told},
    {EventType::map_iteration_aborted, only_told},
    {EventType::parallel_state_started, fanned_out},
    {EventType::parallel_state_succeeded, children_succeeded},
    {EventType::parallel_state_failed, children_failed},
    {EventType::parallel_state_aborted, only_told},
    {EventType::task_state_aborted, only_told},
    {EventType::wait_state_aborted, only_told},
    {EventType::map_run_started, map_run_began},
    {EventType::map_run_redriven, map_run_began},
    {EventType::map_run_succeeded, map_run_succeeded},
    {EventType::map_run_failed, map_run_failed},
    {EventType::map_run_aborted, only_told},
    {EventType::branch_started, child_began},
    {EventType::wait_started, timer_set},
    {EventType::retry_scheduled, retry_scheduled},
    {EventType::task_heartbeat, heartbeat},
    {EventType::wave_paused, wave_paused},
    {EventType::wave_ended, wave_ended},
};

constexpr std::array<Effect, 256> kEffectByType = [] {
    std::array<Effect, 256> by_type{};
    for (const auto& [type, effect] : kEffects) by_type[static_cast<std::size_t>(type)] = effect;
    return by_type;
}();

}  // namespace

void evolve(Draft& draft, const Event& event) {
    Header& header = draft.change_header();
    if (event.id != EventId{}) header.events = value_of(event.id);
    header.updated_at = event.at;
    const Effect effect = kEffectByType[static_cast<std::size_t>(event.type)];
    SW_ASSERT(effect != nullptr);
    effect(draft, event);
}

void evolve(Execution& execution, const std::vector<Event>& events) {
    Draft draft(execution);
    for (const Event& event : events) evolve(draft, event);
    execution.merge(std::move(draft).take());
}

}  // namespace stepwell::core
