#include "engine/core/rehearsal.hpp"

#include <algorithm>

namespace stepwell::core {

namespace {

constexpr ExecutionId kRehearsed{1};

StartTask as_task(const Command& command) {
    if (const auto* task = std::get_if<StartTask>(&command)) return *task;
    const auto& child = std::get<StartChild>(command);
    StartTask task;
    task.token = child.token;
    task.state = child.state;
    task.parameters = child.parameters;
    return task;
}

/// A rehearsal is of one execution: the items of a distributed Map are its iterations.
definition::DefinitionPtr without_map_runs(const Definition& definition) {
    auto copy = std::make_shared<Definition>(definition);
    for (definition::State& state : copy->states) {
        if (auto* map = std::get_if<definition::MapState>(&state.body)) map->distributed.reset();
    }
    return copy;
}

}  // namespace

Rehearsal::Rehearsal(const definition::DefinitionPtr& definition, StartExecution start,
                     Moment moment)
    : definition_(without_map_runs(*definition)),
      moment_(std::move(moment)),
      started_at_(moment_.now),
      execution_(kRehearsed) {
    tell(std::move(start));
}

/// What is in flight is answered before time passes: a task takes none.
std::optional<StartTask> Rehearsal::next_task() {
    while (execution_.is_running()) {
        const auto due = execution_.next_due();
        const bool goes_on = due && *due <= moment_.now;
        if (auto task = goes_on ? std::nullopt : oldest_task()) return task;
        SW_ASSERT(due.has_value());  // a run without tasks or timers has ended
        moment_.now = std::max(moment_.now, *due);
        tell(TimerDue{});
    }
    return std::nullopt;
}

/// All that are in flight are listed once, and then answered one by one.
std::optional<StartTask> Rehearsal::oldest_task() {
    while (!waiting_.empty() && !is_in_flight(waiting_.back())) waiting_.pop_back();
    if (waiting_.empty()) {
        for (const Command& command : outstanding(*definition_, execution_)) {
            waiting_.push_back(as_task(command));
        }
        std::sort(waiting_.begin(), waiting_.end(),
                  [](const StartTask& a, const StartTask& b) { return b.token < a.token; });
    }
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.back());
}

bool Rehearsal::is_in_flight(const StartTask& task) const {
    const Frame* frame = execution_.find(task.token.frame);
    return frame && frame->has_task() && frame->attempt == task.token.attempt;
}

void Rehearsal::succeed(const StartTask& task, Payload result) {
    if (!task.is_picked_up) tell(TaskPickedUp{task.token});
    tell(TaskSucceeded{task.token, std::move(result)});
}

void Rehearsal::fail(const StartTask& task, ErrorInfo failure) {
    if (!task.is_picked_up) tell(TaskPickedUp{task.token});
    tell(TaskFailed{task.token, failure.error.value_or(""), std::move(failure.cause)});
}

/// What it says is about what is in flight, which is never refused.
void Rehearsal::tell(const Input& input) {
    ++moment_.entropy;
    auto decision = decide(*definition_, execution_, input, moment_);
    SW_ASSERT(decision.has_value());
    for (Event& event : decision->events) events_.push_back(std::move(event));
    execution_.merge(std::move(decision->next));
}

}  // namespace stepwell::core
