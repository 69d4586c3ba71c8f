#include "api/read/state_tracker.hpp"

#include <algorithm>

namespace stepwell::api {
namespace {

using core::EventType;

/// "TaskStateEntered" -> "Task".
std::string kind_of(EventType type) {
    const std::string_view name = core::name_of(type);
    return std::string(name.substr(0, name.find("State")));
}

bool is_exit(EventType type) {
    const std::string_view name = core::name_of(type);
    constexpr std::string_view kEnd = "StateExited";
    return name.size() > kEnd.size() && name.substr(name.size() - kEnd.size()) == kEnd;
}

/// "stepwell:validate", "lambda:function:clean", "states:startExecution.sync"; a Resource as people
/// say it.
std::string resource_text(const core::ScheduledInfo& info) {
    if (!info.resource_type.empty()) return info.resource_type + ":" + info.resource;
    const auto function = info.resource.find(":lambda:");
    return function == std::string::npos
               ? info.resource
               : "lambda:" + info.resource.substr(info.resource.rfind(':') + 1);
}

/// A result envelope, or nothing: data tasks return one, and give it as the cause where they fail.
std::optional<Payload> envelope_in(const std::optional<std::string>& cause) {
    if (!cause || !cause->starts_with('{')) return std::nullopt;
    auto payload = Payload::from_text(*cause);
    if (!payload) return std::nullopt;
    const Json* rows = find(payload->json(), "rows");
    return rows && rows->is_object() ? std::optional(std::move(payload).value()) : std::nullopt;
}

/// Whether it can have that member: most results have not, and need not be parsed then. A name that
/// is written otherwise has a backslash.
bool may_have_rows(const Payload& result) {
    const std::string& text = result.text();
    return text.find("\"rows\"") != std::string::npos || text.find('\\') != std::string::npos;
}

void end_attempt(StateRow& row, Timestamp at, const std::string& outcome) {
    if (row.attempts.empty() || row.attempts.back().ended_at) return;
    row.attempts.back().ended_at = at;
    row.attempts.back().outcome = outcome;
    if (outcome == "failed") row.attempts.back().error = row.error;
}

std::string end_of_child(const StateRow& row, bool is_leaf) {
    return row.outcome == "failing" || is_leaf ? "failed" : "aborted";
}

}  // namespace

void StateTracker::take(const std::vector<core::Event>& events) {
    for (const core::Event& event : events) take(event);
}

void StateTracker::take(const core::Event& event) {
    if (const auto* entered = std::get_if<core::EnteredInfo>(&event.details)) {
        on_entered(event, *entered);
    } else if (const auto* child = std::get_if<core::ChildInfo>(&event.details)) {
        on_child(event, *child);
    } else if (const auto* scheduled = std::get_if<core::ScheduledInfo>(&event.details)) {
        on_scheduled(event, *scheduled);
    } else if (const auto* retry = std::get_if<core::RetryInfo>(&event.details)) {
        on_retry(event, *retry);
    } else if (const auto* failure = std::get_if<core::TaskFailureInfo>(&event.details)) {
        on_failure(event, failure->failure);
    } else if (const auto* task = std::get_if<core::TaskInfo>(&event.details)) {
        on_result(event, *task);
    } else if (std::holds_alternative<core::WorkerInfo>(event.details)) {
        on_started(event);
    } else if (const auto* iteration = std::get_if<core::IterationInfo>(&event.details)) {
        on_iteration(event, *iteration);
    } else if (const auto* fanout = std::get_if<core::FanoutInfo>(&event.details)) {
        if (StateRow* row = open_row(event.frame)) row->total = fanout->fanout->total;
    } else if (const auto* redrive = std::get_if<core::RedriveInfo>(&event.details)) {
        on_redriven(event, *redrive);
    } else if (is_exit(event.type)) {
        on_exit(event);
    } else {
        on_other(event);
    }
    if (event.id != EventId{}) last_events_[event.frame] = event.id;
}

void StateTracker::on_other(const core::Event& event) {
    switch (event.type) {
        case EventType::execution_failed:
            return on_execution_failed(event);
        case EventType::execution_aborted:
        case EventType::execution_timed_out:
            return end_all(event.at, "aborted");
        case EventType::execution_succeeded:
            return end_all(event.at, "succeeded");
        case EventType::map_state_failed:
        case EventType::parallel_state_failed:
            end_children(event.frame, event.at, event.previous);
            if (StateRow* row = open_row(event.frame)) {
                row->outcome = "failing";
                row->failure_event = event.id;
                row->failed_at = event.at;
            }
            return;
        case EventType::wait_started:
            if (StateRow* row = open_row(event.frame)) {
                row->due = std::get<core::TimerInfo>(event.details).due;
            }
            return;
        case EventType::task_state_aborted:
        case EventType::wait_state_aborted:
        case EventType::map_state_aborted:
        case EventType::parallel_state_aborted:
            if (const StateRow* row = open_row(event.frame)) {
                end(event.frame, event.at, end_of_child(*row, false));
            }
            return;
        default:
            return;
    }
}

void StateTracker::on_execution_failed(const core::Event& event) {
    if (StateRow* row = open_row(kRootFrame)) {
        const auto& info = std::get<core::ErrorInfo>(event.details);
        row->error = info.error.value_or("");
        row->cause = info.cause.value_or("");
        if (row->failure_event == EventId{}) row->failure_event = event.id;
        row->failed_at = row->failed_at.value_or(event.at);
    }
    end_all(event.at, "failed");
}

void StateTracker::on_exit(const core::Event& event) {
    const StateRow* row = open_row(event.frame);
    const bool is_caught = row && row->outcome == "failing";
    end(event.frame, event.at, is_caught ? "caught" : "succeeded");
}

void StateTracker::on_entered(const core::Event& event, const core::EnteredInfo& info) {
    StateRow row;
    row.name = info.name;
    row.place = info.name;
    row.path = info.name;
    row.frame = event.frame;
    row.entered_event = event.id;
    if (const auto found = surroundings_.find(event.frame); found != surroundings_.end()) {
        const Surroundings& around = found->second;
        row.place = around.place + " / " + info.name;
        row.path = around.path + "/" + info.name;
        row.parent = around.parent;
        row.item = around.item;
        row.wave = around.wave;
    }
    row.kind = kind_of(event.type);
    row.entered_at = event.at;
    open_[event.frame] = last_[event.frame] = rows_.size();
    rows_.push_back(std::move(row));
    if (watcher_.entered) watcher_.entered(rows_.back());
}

/// States go on without being entered again: their rows are open as before.
void StateTracker::on_redriven(const core::Event& event, const core::RedriveInfo& info) {
    for (const core::StandingFrame& one : info.frames) {
        const core::Frame& frame = *one.frame;
        if (frame.parent) children_[*frame.parent].push_back(frame.id);
        const auto last = last_.find(frame.id);
        const bool goes_on =
            frame.phase != core::Phase::finished && frame.phase != core::Phase::ready;
        if (!goes_on || last == last_.end()) continue;
        StateRow& row = rows_[last->second];
        open_[frame.id] = last->second;
        row.outcome = "running";
        row.ended_at.reset();
        row.due.reset();
        if (!row.is_lane()) row.entered_at = event.at;
        if (row.is_lane() && frame.phase == core::Phase::redriven) ++row.retries;  // a new wave
        if (watcher_.entered) watcher_.entered(row);
    }
}

void StateTracker::on_child(const core::Event& event, const core::ChildInfo& info) {
    const auto found = open_.find(event.frame);
    if (found == open_.end()) return;
    const StateRow& parent = rows_[found->second];
    surroundings_[info.child] = {parent.place + "[" + std::to_string(info.index) + "]", parent.path,
                                 found->second, info.index, parent.retries};
    children_[event.frame].push_back(info.child);
}

void StateTracker::on_scheduled(const core::Event& event, const core::ScheduledInfo& info) {
    StateRow* row = open_row(event.frame);
    if (!row) return;
    row->resource = resource_text(info);
    row->attempt = info.attempt;
    StateAttempt attempt;
    attempt.number = info.attempt;
    attempt.scheduled_at = event.at;
    row->attempts.push_back(std::move(attempt));
    row->due.reset();
}

void StateTracker::on_started(const core::Event& event) {
    StateRow* row = open_row(event.frame);
    if (row && !row->attempts.empty()) row->attempts.back().started_at = event.at;
}

void StateTracker::on_failure(const core::Event& event, const core::ErrorInfo& failure) {
    StateRow* row = open_row(event.frame);
    if (!row) return;
    row->error = failure.error.value_or("");
    row->cause = failure.cause.value_or("");
    row->outcome = "failing";
    row->failure_event = event.id;
    row->failed_at = event.at;
    end_attempt(*row, event.at, "failed");
    row->result = envelope_in(failure.cause);
    row->rows = row->result ? *find(row->result->json(), "rows") : Json();
}

void StateTracker::on_result(const core::Event& event, const core::TaskInfo& info) {
    const bool is_start =
        event.type == EventType::task_started || event.type == EventType::lambda_function_started;
    if (is_start) return on_started(event);
    const bool is_result = event.type == EventType::task_succeeded ||
                           event.type == EventType::lambda_function_succeeded ||
                           event.type == EventType::activity_succeeded;
    StateRow* row = is_result && info.output ? open_row(event.frame) : nullptr;
    if (!row) return;
    row->outcome = "running";
    end_attempt(*row, event.at, "succeeded");
    if (!may_have_rows(*info.output)) return;
    const Json* rows = find(info.output->json(), "rows");
    if (!rows || !rows->is_object()) return;
    row->rows = *rows;
    row->result = *info.output;
}

void StateTracker::on_retry(const core::Event& event, const core::RetryInfo& info) {
    end_children(event.frame, event.at, event.previous);
    StateRow* row = open_row(event.frame);
    if (!row) return;
    ++row->retries;
    row->outcome = "running";
    row->due = info.due;
    if (watcher_.retried) watcher_.retried(*row, info.due - event.at);
}

void StateTracker::on_iteration(const core::Event& event, const core::IterationInfo& info) {
    if (event.type == EventType::map_iteration_succeeded) return;
    const auto found = children_.find(event.frame);
    if (found == children_.end() || info.index >= found->second.size()) return;
    const FrameId child = found->second[info.index];  // iterations begin in their order
    const StateRow* row = open_row(child);
    if (!row) return;
    end(child, event.at, end_of_child(*row, event.type == EventType::map_iteration_failed));
}

void StateTracker::end(FrameId frame, Timestamp at, const std::string& outcome) {
    const auto found = open_.find(frame);
    if (found == open_.end()) return;
    end_children(frame, at, EventId{});
    StateRow& row = rows_[open_.at(frame)];
    open_.erase(frame);
    row.ended_at = at;
    row.outcome = outcome;
    // It was cut off, whatever the state then became.
    if (outcome != "succeeded") end_attempt(row, at, "aborted");
    row.due.reset();
    if (watcher_.ended) watcher_.ended(row);
}

void StateTracker::end_children(FrameId frame, Timestamp at, EventId leaf) {
    const auto found = children_.find(frame);
    if (found == children_.end()) return;
    const std::vector<FrameId> children = std::move(found->second);
    children_.erase(found);
    for (const FrameId child : children) {
        const StateRow* row = open_row(child);
        if (!row) continue;
        const bool is_leaf = leaf != EventId{} && last_events_[child] == leaf;
        end(child, at, end_of_child(*row, is_leaf));
    }
}

void StateTracker::end_all(Timestamp at, const std::string& outcome) {
    // What is below ends before what is around it.
    const StateRow* root = open_row(kRootFrame);
    if (root) end(kRootFrame, at, outcome);
}

StateRow* StateTracker::open_row(FrameId frame) {
    const auto found = open_.find(frame);
    return found == open_.end() ? nullptr : &rows_[found->second];
}

}  // namespace stepwell::api
