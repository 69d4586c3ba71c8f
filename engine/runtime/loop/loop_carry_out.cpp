// What decisions ask of the world once they are durable: tasks started and cancelled, children,
// logs, observers told.
#include <utility>

#include "engine/base/secret_reference.hpp"
#include "engine/runtime/loop/loop.hpp"
#include "engine/runtime/notice.hpp"

namespace stepwell::runtime {

/// The generated name is unique over all journals: keys end up in warehouses that other data
/// folders use too.
std::string Loop::run_key_of(const core::Execution& execution, const core::Frame& frame) const {
    return names_.name_of(execution.id()) + "." + std::to_string(value_of(frame.id)) + "." +
           std::to_string(value_of(frame.entered_event));
}

void Loop::order(Slot& slot, const core::Command& command, bool is_restarted) {
    if (const auto* cancel = std::get_if<core::CancelTask>(&command)) {
        cancelled_.insert(cancel->token);
        orders_.emplace_back(cancel->token);
        return;
    }
    if (const auto* child = std::get_if<core::StartChild>(&command)) {
        child_starts_.add({child->token, is_restarted});
        return;
    }
    if (const auto* stop = std::get_if<core::StopChild>(&command)) {
        effects_.emplace_back(*stop);
        return;
    }
    if (const auto* begun = std::get_if<core::StartMapRun>(&command)) {
        effects_.emplace_back(*begun);
        return;
    }
    if (const auto* stop = std::get_if<core::StopMapRun>(&command)) {
        effects_.emplace_back(*stop);
        return;
    }
    if (const auto* redriven = std::get_if<core::RedriveMapRun>(&command)) {
        effects_.emplace_back(*redriven);
        return;
    }
    const auto& start = std::get<core::StartTask>(command);
    // A decision may begin an attempt and abort it, where a sibling fails after it.
    const core::Frame* frame = slot.execution.find(start.token.frame);
    if (!frame || !frame->task || frame->attempt != start.token.attempt) return;
    TaskRequest request = request_of(slot, start, *frame);
    request.is_restarted = is_restarted && start.is_picked_up;
    request.has_begun = request.is_restarted && slot.has_begun;
    orders_.emplace_back(std::move(request));
}

TaskRequest Loop::request_of(const Slot& slot, const core::StartTask& command,
                             const core::Frame& frame) const {
    const core::Facts& facts = slot.execution.facts();
    const definition::State& state = slot.version->definition->state(command.state);
    TaskRequest request;
    request.token = command.token;
    request.resource = std::get<definition::TaskState>(state.body).resource.text;
    request.parameters = command.parameters;
    request.state_name = state.name;
    request.execution_arn = facts.arn;
    request.execution_name = facts.name;
    request.workflow_arn = facts.workflow_arn;
    request.workflow_name = facts.workflow_name;
    request.execution_started_at = facts.started_at;
    request.entered_at = command.entered_at;
    request.retry_count = command.retry_count;
    request.timeout_seconds = command.timeout_seconds;
    request.heartbeat_seconds = command.heartbeat_seconds;
    request.run_key = run_key_of(slot.execution, frame);
    request.submitted = command.submitted;
    request.is_picked_up = command.is_picked_up;
    if (state.parameters) request.secret_places = state.parameters->literals_where(names_secret);
    if (state.arguments) request.secret_places = state.arguments->literals_where(names_secret);
    return request;
}

void Loop::carry_out() {
    for (Order& one : orders_) {
        std::visit([&](auto& order) { carry_out(order); }, one);
    }
    if (!orders_.empty()) {
        for (WorkObserver* observer : observers_) observer->turn_over();
        const auto granted = runner_->take_granted();
        granted_.insert(granted_.end(), granted.begin(), granted.end());
    }
    orders_.clear();
    cancelled_.clear();
    for (const std::string& name : changed_workflows_) listeners_.tell(&Listener::workflow, name);
    changed_workflows_.clear();
    for (const Reply& one : replies_) one(nullptr);
    replies_.clear();
}

/// Not of an attempt that ended in the turn that was to start it: one of an earlier life may have
/// been due when its execution was opened.
void Loop::carry_out(TaskRequest& request) {
    if (cancelled_.contains(request.token)) return;
    const bool is_of_map_run = map_run_of(request.token).has_value();
    if (is_of_map_run) map_runs_.task_began(request.token);
    if (request.is_picked_up && !is_of_map_run) begin_log(request);
    runner_->start(std::move(request));
}

/// "Each[3] / Load"; empty where that is not known any more.
std::string Loop::path_of(const TaskToken& task) {
    const Slot* slot = cache_.find(task.execution);
    std::string path;
    const core::Frame* frame = slot ? slot->execution.find(task.frame) : nullptr;
    while (frame) {
        const std::string& state = slot->version->definition->state(frame->state).name;
        const bool is_leaf = path.empty();
        path = is_leaf ? state : state + path;
        if (!frame->parent) break;
        path.insert(0, "[" + std::to_string(frame->index) + "] / ");
        frame = slot->execution.find(*frame->parent);
    }
    return path;
}

void Loop::begin_log(const TaskRequest& request) {
    TaskLogHeader header;
    header.state = request.state_name;
    if (request.token.frame != kRootFrame) header.path = path_of(request.token);
    header.frame = value_of(request.token.frame);
    header.attempt = request.token.attempt;
    header.retry = request.retry_count;
    if (now_text_.empty()) now_text_ = to_iso8601(now_);
    header.started_at = now_text_;
    logs_.begin(request.token, std::move(header));
}

void Loop::carry_out(const TaskToken& cancelled) {
    map_runs_.task_ended(cancelled);
    runner_->cancel(cancelled);
    logs_.end(cancelled);
}

void Loop::carry_out(const News& news) {
    for (WorkObserver* observer : observers_) news(*observer);
}

/// The attempts that the decision takes out of flight. REQUIRES: it is not merged yet.
std::vector<TaskToken> Loop::finished_by(const Slot& slot, const core::Delta& next) const {
    std::vector<TaskToken> tokens;
    if (observers_.empty()) return tokens;
    if (next.is_cleared && slot.execution.has_tasks_in_flight()) {
        for (const core::FramePtr& frame : slot.execution.frames()) {
            if (frame->has_task())
                tokens.push_back({slot.execution.id(), frame->id, frame->attempt});
        }
    }
    for (const auto& [id, after] : next.frames) {
        const core::Frame* before = slot.execution.find(id);
        if (!before || !before->has_task()) continue;
        if (after && after->has_task() && after->attempt == before->attempt) continue;
        tokens.push_back({slot.execution.id(), id, before->attempt});
    }
    return tokens;
}

void Loop::tell_notices() {
    for (const journal::Operation& operation : batch_.operations) {
        const auto* document = std::get_if<journal::DocumentWrite>(&operation);
        if (!document || document->collection != kNotices || !document->value) continue;
        orders_.emplace_back([key = document->key, value = *document->value](
                                 WorkObserver& observer) { observer.noticed(key, value); });
    }
}

Result<void> Loop::tell_new_versions() {
    for (const journal::Operation& operation : batch_.operations) {
        const auto* version = std::get_if<journal::VersionRecord>(&operation);
        if (!version) continue;
        const auto loaded = catalog_.version(version->id);
        if (!loaded) continue;
        const std::string& name = (*loaded)->workflow.name;
        orders_.emplace_back([name, settings = version->settings](WorkObserver& observer) {
            observer.version_changed(name, settings);
        });
        if ((*loaded)->operations.concurrency == 0) continue;
        SW_TRY(visit_begun(name, [&](ExecutionId id, const std::string& run) {
            orders_.emplace_back(
                [id, name, run](WorkObserver& observer) { observer.has_begun(id, name, run); });
        }));
    }
    return {};
}

}  // namespace stepwell::runtime
