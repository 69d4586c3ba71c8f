// Events as bytes: version, time of the first, count, then each event; see fields.hpp.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/fields.hpp"

namespace stepwell::core {

namespace {

constexpr std::uint64_t kVersion = 1;
/// What an event takes, as a rule.
constexpr std::size_t kEventBytes = 48;

template <std::size_t... Index>
bool read_details(Reader& reader, std::size_t kind, EventDetails& details,
                  std::index_sequence<Index...>) {
    return ((kind == Index && (reader(details.emplace<Index>()), true)) || ...);
}

template <class Info>
bool has(const Event& event) {
    return std::holds_alternative<Info>(event.details);
}

/// Whether the event has the details that its type has; an unknown type may have any.
bool fits_type(const Event& event) {
    switch (event.type) {
        case EventType::execution_started:
            return has<ExecutionBegan>(event);
        case EventType::execution_succeeded:
            return has<OutputInfo>(event);
        case EventType::map_run_failed:
        case EventType::execution_failed:
        case EventType::execution_aborted:
        case EventType::execution_timed_out:
            return has<ErrorInfo>(event);
        case EventType::execution_redriven:
            return has<RedriveInfo>(event);
        case EventType::evaluation_failed:
            return has<EvaluationInfo>(event);
        case EventType::choice_state_entered:
        case EventType::fail_state_entered:
        case EventType::map_state_entered:
        case EventType::parallel_state_entered:
        case EventType::pass_state_entered:
        case EventType::succeed_state_entered:
        case EventType::task_state_entered:
        case EventType::wait_state_entered:
            return has<EnteredInfo>(event);
        case EventType::choice_state_exited:
        case EventType::map_state_exited:
        case EventType::parallel_state_exited:
        case EventType::pass_state_exited:
        case EventType::succeed_state_exited:
        case EventType::task_state_exited:
        case EventType::wait_state_exited:
            return has<ExitedInfo>(event);
        case EventType::task_scheduled:
        case EventType::lambda_function_scheduled:
        case EventType::activity_scheduled:
            return has<ScheduledInfo>(event);
        case EventType::task_started:
        case EventType::task_submitted:
        case EventType::task_succeeded:
        case EventType::lambda_function_started:
        case EventType::lambda_function_succeeded:
        case EventType::activity_succeeded:
            return has<TaskInfo>(event);
        case EventType::task_failed:
        case EventType::task_timed_out:
        case EventType::lambda_function_failed:
        case EventType::lambda_function_timed_out:
        case EventType::activity_failed:
        case EventType::activity_timed_out:
            return has<TaskFailureInfo>(event);
        case EventType::activity_started:
            return has<WorkerInfo>(event);
        case EventType::map_state_started:
        case EventType::parallel_state_started:
            return has<FanoutInfo>(event);
        case EventType::map_iteration_started:
        case EventType::branch_started:
            return has<ChildInfo>(event);
        case EventType::map_run_started:
        case EventType::map_run_succeeded:
        case EventType::map_run_redriven:
            return has<MapRunInfo>(event);
        case EventType::wait_started:
        case EventType::task_heartbeat:
            return has<TimerInfo>(event);
        case EventType::retry_scheduled:
            return has<RetryInfo>(event);
        default:
            return true;
    }
}

/// What is pointed to must be there.
bool is_whole(const Event& event) {
    if (const auto* began = std::get_if<ExecutionBegan>(&event.details))
        return began->facts != nullptr;
    if (const auto* fanout = std::get_if<FanoutInfo>(&event.details))
        return fanout->fanout != nullptr;
    const auto* redrive = std::get_if<RedriveInfo>(&event.details);
    if (!redrive) return true;
    return std::all_of(redrive->frames.begin(), redrive->frames.end(),
                       [](const StandingFrame& one) { return one.frame != nullptr; });
}

void write_event(Writer& writer, const Event& event, Timestamp base) {
    writer(event.type);
    writer(event.id);
    writer(event.previous);
    writer((event.at - base).count());
    writer(event.frame);
    writer.number(event.details.index());
    std::visit([&](const auto& details) { writer(details); }, event.details);
}

Event read_event(Reader& reader, Timestamp base) {
    Event event;
    std::int64_t offset_ms = 0;
    reader(event.type);
    reader(event.id);
    reader(event.previous);
    reader.time(offset_ms);
    reader(event.frame);
    event.at = base + Duration(offset_ms);
    const auto kind = static_cast<std::size_t>(reader.number());
    constexpr auto kinds = std::make_index_sequence<std::variant_size_v<EventDetails>>();
    if (!read_details(reader, kind, event.details, kinds)) reader.break_off();
    if (!is_whole(event) || !fits_type(event)) reader.break_off();
    return event;
}

stepwell::Failure<Error> damaged() {
    return fail(ErrorCode::corruption, "expected a blob of events, but its bytes are damaged");
}

}  // namespace

std::string encode(const std::vector<Event>& events) {
    Writer writer;
    writer.reserve(kEventBytes * events.size());
    writer.number(kVersion);
    const Timestamp base = events.empty() ? Timestamp{} : events.front().at;
    writer(base);
    writer.number(events.size());
    for (const Event& event : events) write_event(writer, event, base);
    return std::move(writer).take();
}

Result<std::vector<Event>> decode(std::string_view bytes) {
    Reader reader(bytes);
    if (reader.number() != kVersion) {
        return fail(ErrorCode::corruption, "expected a blob of events in version 1, but it is not");
    }
    Timestamp base;
    reader(base);
    const std::uint64_t count = reader.number();
    if (count > bytes.size()) return damaged();
    std::vector<Event> events;
    events.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count && reader.is_ok(); ++i) {
        events.push_back(read_event(reader, base));
    }
    if (!reader.is_ok() || !reader.is_at_end()) return damaged();
    return events;
}

}  // namespace stepwell::core
