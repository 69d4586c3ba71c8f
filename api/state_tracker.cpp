#include "api/state_tracker.hpp"

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

}  // namespace

void StateTracker::take(const std::vector<core::Event>& events) {
    for (const core::Event& event : events) take(event);
}

void StateTracker::take(const core::Event& event) {
    if (const auto* entered = std::get_if<core::EnteredInfo>(&event.details)) {
        return on_entered(event, *entered);
    }
    if (const auto* child = std::get_if<core::ChildInfo>(&event.details)) {
        return on_child(event, *child);
    }
    if (const auto* retry = std::get_if<core::RetryInfo>(&event.details)) {
        return on_retry(event, *retry);
    }
    if (const auto* failure = std::get_if<core::TaskFailureInfo>(&event.details)) {
        return on_failure(event, failure->failure);
    }
    if (const auto* task = std::get_if<core::TaskInfo>(&event.details)) {
        return on_result(event, *task);
    }
    if (is_exit(event.type)) {
        const StateRow* row = open_row(event.frame);
        return end(event.frame, event.at,
                   row && row->outcome == "failing" ? "caught" : "succeeded");
    }
    switch (event.type) {
        case EventType::execution_failed:
            if (StateRow* row = open_row(kRootFrame)) {
                const auto& info = std::get<core::ErrorInfo>(event.details);
                row->error = info.error.value_or("");
                row->cause = info.cause.value_or("");
            }
            return end_all(event.at, "failed");
        case EventType::execution_aborted:
        case EventType::execution_timed_out:
            return end_all(event.at, "aborted");
        case EventType::execution_succeeded:
            return end_all(event.at, "succeeded");
        case EventType::map_state_failed:
        case EventType::parallel_state_failed:
            if (StateRow* row = open_row(event.frame)) row->outcome = "failing";
            return;
        default:
            return;
    }
}

void StateTracker::on_entered(const core::Event& event, const core::EnteredInfo& info) {
    StateRow row;
    const auto place = places_.find(event.frame);
    row.place = place == places_.end() ? info.name : place->second + " / " + info.name;
    row.kind = kind_of(event.type);
    row.entered_at = event.at;
    open_[event.frame] = rows_.size();
    rows_.push_back(std::move(row));
    if (watcher_.entered) watcher_.entered(rows_.back());
}

void StateTracker::on_child(const core::Event& event, const core::ChildInfo& info) {
    const StateRow* parent = open_row(event.frame);
    places_[info.child] =
        (parent ? parent->place : info.name) + "[" + std::to_string(info.index) + "]";
}

void StateTracker::on_failure(const core::Event& event, const core::ErrorInfo& failure) {
    StateRow* row = open_row(event.frame);
    if (!row) return;
    row->error = failure.error.value_or("");
    row->cause = failure.cause.value_or("");
    row->outcome = "failing";
}

void StateTracker::on_result(const core::Event& event, const core::TaskInfo& info) {
    const bool is_result = event.type == EventType::task_succeeded ||
                           event.type == EventType::lambda_function_succeeded;
    StateRow* row = is_result && info.output ? open_row(event.frame) : nullptr;
    if (!row) return;
    row->outcome = "running";
    const Json* rows = find(info.output->json(), "rows");
    if (rows && rows->is_object()) row->rows = *rows;
}

void StateTracker::on_retry(const core::Event& event, const core::RetryInfo& info) {
    StateRow* row = open_row(event.frame);
    if (!row) return;
    ++row->retries;
    row->outcome = "running";
    if (watcher_.retried) watcher_.retried(*row, info.due - event.at);
}

void StateTracker::end(FrameId frame, Timestamp at, const std::string& outcome) {
    const auto found = open_.find(frame);
    if (found == open_.end()) return;
    StateRow& row = rows_[found->second];
    open_.erase(found);
    row.ended_at = at;
    row.outcome = outcome;
    if (watcher_.ended) watcher_.ended(row);
}

void StateTracker::end_all(Timestamp at, const std::string& outcome) {
    std::vector<FrameId> frames;
    for (const auto& [frame, row] : open_) frames.push_back(frame);
    for (const FrameId frame : frames) {
        const StateRow* row = open_row(frame);
        const bool is_aborted =
            outcome == "failed" && frame != kRootFrame && row->outcome != "failing";
        end(frame, at, is_aborted ? "aborted" : outcome);
    }
}

StateRow* StateTracker::open_row(FrameId frame) {
    const auto found = open_.find(frame);
    return found == open_.end() ? nullptr : &rows_[found->second];
}

}  // namespace stepwell::api
