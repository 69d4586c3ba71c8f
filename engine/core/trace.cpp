// One line an event, for people and for tests.
#include "engine/core/event.hpp"

namespace stepwell::core {

namespace {

std::string about(const std::monostate&) {
    return {};
}
std::string about(const ExecutionBegan& info) {
    return info.facts->name;
}
std::string about(const ErrorInfo& info) {
    return info.error.value_or("");
}
std::string about(const OutputInfo&) {
    return {};
}
std::string about(const EnteredInfo& info) {
    return info.name;
}
std::string about(const ExitedInfo& info) {
    return info.name;
}
std::string about(const ScheduledInfo& info) {
    return (info.resource_type.empty() ? "" : info.resource_type + " ") + info.resource + " #" +
           std::to_string(info.attempt);
}
std::string about(const TaskInfo&) {
    return {};
}
std::string about(const WorkerInfo& info) {
    return info.name;
}
std::string about(const TaskFailureInfo& info) {
    return about(info.failure);
}
std::string about(const EvaluationInfo& info) {
    return info.location;
}
std::string about(const FanoutInfo& info) {
    return std::to_string(info.fanout->total);
}
std::string about(const ChildInfo& info) {
    return info.name + (info.name.empty() ? "" : " ") + std::to_string(info.index);
}
std::string about(const IterationInfo& info) {
    return info.name + " " + std::to_string(info.index);
}
std::string about(const TimerInfo& info) {
    return "until " + to_iso8601(info.due);
}
std::string about(const RetryInfo& info) {
    return "retrier " + std::to_string(info.retrier) + " at " + to_iso8601(info.due);
}

std::string about(const MapRunInfo& info) {
    return "#" + std::to_string(info.attempt);
}

std::string about(const RedriveInfo& info) {
    std::size_t kept = 0;
    for (const StandingFrame& one : info.frames) kept += one.frame->phase == Phase::finished;
    return "#" + std::to_string(info.count) + " keeps " + std::to_string(kept);
}

}  // namespace

std::string trace(const Event& event) {
    std::string line;
    if (!is_internal(event.type)) {
        line = std::to_string(value_of(event.id)) + "<" + std::to_string(value_of(event.previous)) +
               " ";
    }
    line += name_of(event.type);
    const std::string rest =
        std::visit([](const auto& info) { return about(info); }, event.details);
    return rest.empty() ? line : line + " " + rest;
}

std::string trace(const std::vector<Event>& events) {
    std::string lines;
    for (const Event& event : events) lines += trace(event) + "\n";
    return lines;
}

}  // namespace stepwell::core
