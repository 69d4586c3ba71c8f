#include "engine/core/evolve.hpp"

#include <algorithm>

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
    frame.phase = Phase::awaiting_task;
    frame.attempt = info.attempt;
    frame.last_event = event.id;
    frame.task = std::make_shared<const TaskInFlight>(
        TaskInFlight{.parameters = info.parameters,
                     .timeout_seconds = info.timeout_seconds,
                     .heartbeat_seconds = info.heartbeat_seconds,
                     .submitted = std::nullopt});
}

void started(Draft& draft, const Event& event) {
    const auto& info = std::get<TaskInfo>(event.details);
    Frame& frame = draft.change(event.frame);
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

void fold(Draft& draft, const Event& event) {
    switch (event.type) {
        case EventType::execution_started:
            return began(draft, event);
        case EventType::execution_succeeded:
            return ended(draft, event, Status::succeeded);
        case EventType::execution_failed:
            return ended(draft, event, Status::failed);
        case EventType::execution_aborted:
            return ended(draft, event, Status::aborted);
        case EventType::execution_timed_out:
            return ended(draft, event, Status::timed_out);
        case EventType::choice_state_entered:
        case EventType::fail_state_entered:
        case EventType::map_state_entered:
        case EventType::parallel_state_entered:
        case EventType::pass_state_entered:
        case EventType::succeed_state_entered:
        case EventType::task_state_entered:
        case EventType::wait_state_entered:
            return entered(draft, event);
        case EventType::choice_state_exited:
        case EventType::map_state_exited:
        case EventType::parallel_state_exited:
        case EventType::pass_state_exited:
        case EventType::succeed_state_exited:
        case EventType::task_state_exited:
        case EventType::wait_state_exited:
            return exited(draft, event);
        case EventType::task_scheduled:
        case EventType::lambda_function_scheduled:
            return scheduled(draft, event);
        case EventType::task_started:
        case EventType::lambda_function_started:
            return started(draft, event);
        case EventType::task_submitted:
            return submitted(draft, event);
        case EventType::task_succeeded:
        case EventType::task_failed:
        case EventType::task_timed_out:
        case EventType::lambda_function_succeeded:
        case EventType::lambda_function_failed:
        case EventType::lambda_function_timed_out:
            return attempt_ended(draft, event);
        case EventType::map_state_started:
        case EventType::parallel_state_started:
            return fanned_out(draft, event);
        case EventType::map_iteration_started:
        case EventType::branch_started:
            return child_began(draft, event);
        case EventType::map_state_succeeded:
        case EventType::parallel_state_succeeded:
            return fan_in(draft, event, event.previous);
        case EventType::map_state_failed:
        case EventType::parallel_state_failed:
            return fan_in(draft, event, event.id);
        case EventType::wait_started:
            return timer_set(draft, event);
        case EventType::retry_scheduled:
            return retry_scheduled(draft, event);
        case EventType::task_heartbeat:
            draft.change(event.frame).heartbeat_due = std::get<TimerInfo>(event.details).due;
            return;
        case EventType::wave_paused:
            draft.change(event.frame).phase = Phase::starting_children;
            return;
        case EventType::wave_ended:
            draft.change(event.frame).phase = Phase::awaiting_children;
            return;
        case EventType::map_iteration_succeeded:
        case EventType::map_iteration_failed:
        case EventType::map_iteration_aborted:
        case EventType::map_state_aborted:
        case EventType::parallel_state_aborted:
        case EventType::task_state_aborted:
        case EventType::wait_state_aborted:
            // The frames themselves go when the state around them fails or is retried.
            return;
    }
}

}  // namespace

void evolve(Draft& draft, const Event& event) {
    Header& header = draft.change_header();
    if (event.id != EventId{}) header.events = value_of(event.id);
    header.updated_at = event.at;
    fold(draft, event);
}

void evolve(Execution& execution, const std::vector<Event>& events) {
    Draft draft(execution);
    for (const Event& event : events) evolve(draft, event);
    execution.merge(std::move(draft).take());
}

}  // namespace stepwell::core
