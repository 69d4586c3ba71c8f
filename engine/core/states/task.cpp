// Task: one attempt at a time; its token fences the reports of earlier ones off. It is scheduled,
// and starts when somebody takes it: at once, or when a TaskPickedUp says so.
#include "engine/core/steps.hpp"

namespace stepwell::core {

using definition::NumberOrPath;
using definition::Resource;
using definition::TaskState;
using expression::Failure;

namespace {

/// The history events of functions, of activities, or of all other tasks.
struct TaskEvents {
    EventType scheduled, started, succeeded, failed, timed_out;
};
constexpr TaskEvents kLambdaEvents = {
    EventType::lambda_function_scheduled, EventType::lambda_function_started,
    EventType::lambda_function_succeeded, EventType::lambda_function_failed,
    EventType::lambda_function_timed_out};
constexpr TaskEvents kActivityEvents = {EventType::activity_scheduled, EventType::activity_started,
                                        EventType::activity_succeeded, EventType::activity_failed,
                                        EventType::activity_timed_out};
constexpr TaskEvents kTaskEvents = {EventType::task_scheduled, EventType::task_started,
                                    EventType::task_succeeded, EventType::task_failed,
                                    EventType::task_timed_out};

bool is_lambda(const Resource& resource) {
    return resource.kind == Resource::Kind::lambda;
}
const TaskEvents& events_of(const Resource& resource) {
    if (resource.is_for_worker()) return kActivityEvents;
    return is_lambda(resource) ? kLambdaEvents : kTaskEvents;
}
/// What its events call it.
const std::string& name_in_history(const Resource& resource) {
    return is_lambda(resource) || resource.is_for_worker() ? resource.text : resource.action;
}
const Resource& resource_of(const Turn& turn, FrameId id) {
    return std::get<TaskState>(turn.state_of(id).body).resource;
}
bool waits_for_token(const Resource& resource) {
    return resource.pattern == Resource::Pattern::wait_for_task_token;
}
/// The call only begins the work; a TaskSubmitted tells that it has.
bool is_submitted_first(const Resource& resource) {
    return resource.pattern != Resource::Pattern::request_response;
}

/// Whether it may say what it has asked for elsewhere, so that a restart takes that up: our own
/// tasks, too.
bool may_be_submitted(const Resource& resource) {
    return is_submitted_first(resource) || resource.service == "stepwell";
}

TaskToken token_of(const Turn& turn, FrameId id, std::uint32_t attempt) {
    return {turn.execution().id(), id, attempt};
}

/// The fourth part of "arn:aws:states:REGION:...".
std::string region_of(const std::string& arn) {
    std::size_t begin = 0;
    for (int colons = 0; colons < 3; ++colons) {
        const std::size_t colon = arn.find(':', begin);
        if (colon == std::string::npos) return {};
        begin = colon + 1;
    }
    return arn.substr(begin, arn.find(':', begin) - begin);
}

/// What an attempt is made of.
struct Plan {
    Payload parameters;
    std::optional<std::int64_t> timeout_seconds;
    std::optional<std::int64_t> heartbeat_seconds;
    std::string role_arn;
};

/// `path_field` is the name of the field's *Path form.
Evaluated<std::optional<std::int64_t>> queried_seconds(const definition::Query& query,
                                                       std::string_view path_field, Evaluation& at,
                                                       const Payload& input) {
    const std::string field(path_field.substr(0, path_field.size() - 4));
    const Json value =
        SW_TRY(query.evaluate(at.queries(input), field, expression::QueryType::integer));
    const auto seconds = as_integer(value);
    if (seconds && *seconds > 0 && *seconds <= definition::kSecondsMax) return seconds;
    return fail(Failure{errors::kQueryEvaluation,
                        "The " + field + " field must be an integer from 1 to " +
                            std::to_string(definition::kSecondsMax) +
                            ", but was: " + to_text(value),
                        field});
}

Evaluated<std::optional<std::int64_t>> seconds_of(const NumberOrPath& source, const char* field,
                                                  Evaluation& at, const Payload& input) {
    if (source.query) return queried_seconds(*source.query, field, at, input);
    if (!source.path) return source.number;
    auto value = source.path->evaluate(at.over(input));
    if (!value) return fail(path_failure(*source.path, value.error()));
    const auto seconds = as_integer(*value);
    if (seconds && *seconds > 0) return seconds;
    return fail(Failure{errors::kRuntime,
                        std::string("The ") + field + " field refers to value \"" +
                            quoted_value(*value) +
                            "\" which is not a positive integer: " + source.path->text()});
}

Evaluated<std::string> role_of(const TaskState& task, Evaluation& at, const Payload& input) {
    if (task.credentials_query) {
        const Json credentials =
            SW_TRY(task.credentials_query->evaluate(at.queries(input), "Credentials"));
        return string_or(credentials, "RoleArn", "");
    }
    if (!task.credentials) return std::string();
    const Json credentials = SW_TRY(task.credentials->evaluate(at.over(input)));
    return string_or(credentials, "RoleArn", "");
}

Evaluated<Plan> plan(const TaskState& task, Evaluation& at) {
    const Payload input = SW_TRY(effective_input(at));
    Plan plan;
    plan.timeout_seconds =
        SW_TRY(seconds_of(task.timeout_seconds, "TimeoutSecondsPath", at, input));
    plan.heartbeat_seconds =
        SW_TRY(seconds_of(task.heartbeat_seconds, "HeartbeatSecondsPath", at, input));
    plan.role_arn = SW_TRY(role_of(task, at, input));
    plan.parameters = SW_TRY(work_input(at));
    return plan;
}

std::optional<Timestamp> after(Timestamp now, std::optional<std::int64_t> seconds) {
    if (!seconds) return std::nullopt;
    return now + std::chrono::seconds(*seconds);
}

void order_task(Turn& turn, FrameId id) {
    turn.order(order_of(turn.definition(), turn.execution().id(), turn.frame(id)));
}

/// The clocks of the attempt begin.
void start(Turn& turn, FrameId id) {
    const Resource& resource = resource_of(turn, id);
    const TaskInFlight& task = *turn.frame(id).task;
    // A callback's heartbeat clock starts when the call has been made, any other's now.
    const auto heartbeat =
        waits_for_token(resource) ? std::nullopt : after(turn.now(), task.heartbeat_seconds);
    turn.emit(events_of(resource).started, id,
              TaskInfo{.resource_type = resource.service,
                       .resource = resource.action,
                       .output = std::nullopt,
                       .due = after(turn.now(), task.timeout_seconds),
                       .heartbeat_due = heartbeat});
    order_task(turn, id);
}

/// A worker has asked for it, and was given the token.
void start_at_worker(Turn& turn, FrameId id, std::string worker) {
    const auto heartbeat = after(turn.now(), turn.frame(id).task->heartbeat_seconds);
    turn.emit(EventType::activity_started, id,
              WorkerInfo{.name = std::move(worker), .heartbeat_due = heartbeat});
}

void schedule(Turn& turn, FrameId id, const Resource& resource, Plan plan) {
    const std::uint32_t attempt = turn.frame(id).attempt + 1;
    turn.emit(events_of(resource).scheduled, id,
              ScheduledInfo{.resource_type = resource.service,
                            .resource = name_in_history(resource),
                            .region = region_of(turn.execution().facts().workflow_arn),
                            .parameters = std::move(plan.parameters),
                            .timeout_seconds = plan.timeout_seconds,
                            .heartbeat_seconds = plan.heartbeat_seconds,
                            .role_arn = std::move(plan.role_arn),
                            .attempt = attempt});
    if (resource.is_for_worker() || turn.has_to_wait(id)) return order_task(turn, id);
    start(turn, id);
}

TaskFailureInfo failure_of(const Resource& resource, ErrorInfo info) {
    return {resource.service, resource.action, std::move(info)};
}

/// What of a task's words is kept: AWS's limits of them, in bytes.
constexpr std::size_t kErrorBytesMax = 256;
constexpr std::size_t kCauseBytesMax = 32'768;

/// Cut, but never inside a character.
std::string shortened(std::string text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
    return text;
}

void fail_attempt(Turn& turn, FrameId id, ErrorInfo info) {
    const Resource& resource = resource_of(turn, id);
    turn.emit(events_of(resource).failed, id, failure_of(resource, info));
    Fault fault;
    fault.info = std::move(info);
    fail_state(turn, id, std::move(fault));
}

/// The frame whose attempt `token` names, where it is at `phase`.
Result<FrameId> attempt_at(const Turn& turn, const TaskToken& token, Phase phase,
                           const char* expected) {
    const Frame* frame = turn.execution().find(token.frame);
    const bool is_it = token.execution == turn.execution().id() && frame != nullptr &&
                       frame->phase == phase && frame->attempt == token.attempt;
    if (is_it) return token.frame;
    return fail(ErrorCode::conflict, std::string("expected ") + expected + ", but attempt " +
                                         token.text() + " is not (it has ended, or never was)");
}

/// What the task answered is beyond the limits of a payload.
void fail_oversized(Turn& turn, FrameId id) {
    const Resource& resource = resource_of(turn, id);
    const bool has_arn = is_lambda(resource) || resource.is_for_worker();
    const std::string& name = has_arn ? resource.text : resource.service;
    fail_attempt(turn, id, {errors::kDataLimitExceeded, data_limit_cause(name)});
}

Result<FrameId> in_flight(const Turn& turn, const TaskToken& token) {
    return attempt_at(turn, token, Phase::awaiting_task, "a report on a task in flight");
}

Result<FrameId> child_in_flight(const Turn& turn, const TaskToken& token) {
    const FrameId id = SW_TRY(in_flight(turn, token));
    if (resource_of(turn, id).starts_execution()) return id;
    return fail(ErrorCode::conflict, "expected an attempt that starts an execution, but attempt " +
                                         token.text() + " does not");
}

}  // namespace

void begin(Turn& turn, FrameId id, const TaskState& task) {
    Evaluation at(turn, id);
    if (is_submitted_first(task.resource)) {
        const std::uint32_t attempt = turn.frame(id).attempt + 1;
        at.set_task_token(to_task_token_text(token_of(turn, id, attempt), turn.secret()));
    }
    if (task.resource.is_for_worker() && !turn.has_activity(task.resource.text)) {
        return fail_state(turn, id,
                          at.fault({errors::kRuntime,
                                    "The activity " + task.resource.text + " does not exist."}));
    }
    auto planned = plan(task, at);
    if (!planned) return fail_state(turn, id, at.fault(planned.error()));
    schedule(turn, id, task.resource, *std::move(planned));
}

Result<void> on_report(Turn& turn, const TaskPickedUp& report) {
    const FrameId id = SW_TRY(
        attempt_at(turn, report.token, Phase::awaiting_pickup, "a word on a task that waits"));
    if (resource_of(turn, id).is_for_worker()) {
        start_at_worker(turn, id, report.worker);
    } else {
        start(turn, id);
    }
    return {};
}

Result<void> on_report(Turn& turn, const TaskSubmitted& report) {
    const FrameId id = SW_TRY(in_flight(turn, report.token));
    const Resource& resource = resource_of(turn, id);
    const TaskInFlight& task = *turn.frame(id).task;
    if (!may_be_submitted(resource) || task.submitted) {
        return fail(ErrorCode::conflict, "expected the end of attempt " + report.token.text() +
                                             ", but got another word that it was submitted");
    }
    if (!report.output.is_within_limits()) {
        cancel_task(turn, id);  // what it has begun would go on
        fail_oversized(turn, id);
        return {};
    }
    turn.emit(EventType::task_submitted, id,
              TaskInfo{.resource_type = resource.service,
                       .resource = resource.action,
                       .output = report.output,
                       .due = std::nullopt,
                       .heartbeat_due = after(turn.now(), task.heartbeat_seconds)});
    return {};
}

Result<void> on_report(Turn& turn, const TaskHeartbeat& report) {
    const FrameId id = SW_TRY(in_flight(turn, report.token));
    const auto due = after(turn.now(), turn.frame(id).task->heartbeat_seconds);
    if (due) turn.set_heartbeat_due(id, *due);
    return {};
}

Result<void> on_report(Turn& turn, const TaskSucceeded& report) {
    const FrameId id = SW_TRY(in_flight(turn, report.token));
    const Resource& resource = resource_of(turn, id);
    if (!report.output.is_within_limits()) {
        fail_oversized(turn, id);
        return {};
    }
    turn.emit(events_of(resource).succeeded, id,
              TaskInfo{.resource_type = resource.service,
                       .resource = resource.action,
                       .output = report.output,
                       .due = std::nullopt,
                       .heartbeat_due = std::nullopt});
    complete(turn, id, report.output);
    return {};
}

Result<void> on_report(Turn& turn, const TaskFailed& report) {
    const FrameId id = SW_TRY(in_flight(turn, report.token));
    ErrorInfo info;
    if (report.error) info.error = shortened(*report.error, kErrorBytesMax);
    if (report.cause) info.cause = shortened(*report.cause, kCauseBytesMax);
    fail_attempt(turn, id, std::move(info));
    return {};
}

Result<void> on_report(Turn& turn, const ChildStarted& report) {
    const FrameId id = SW_TRY(child_in_flight(turn, report.token));
    Payload document(started_document(report.arn, report.started_at, report.request_id));
    if (is_submitted_first(resource_of(turn, id))) {
        return on_report(turn, TaskSubmitted{report.token, std::move(document)});
    }
    return on_report(turn, TaskSucceeded{report.token, std::move(document)});
}

Result<void> on_report(Turn& turn, const ChildClosed& report) {
    const FrameId id = SW_TRY(child_in_flight(turn, report.token));
    const Resource& resource = resource_of(turn, id);
    if (!resource.waits_for_end()) {
        return fail(ErrorCode::conflict, "expected the end of an execution that attempt " +
                                             report.token.text() +
                                             " waits for, but it waits for none");
    }
    if (report.end.status == Status::succeeded) {
        const bool is_parsed = resource.pattern == Resource::Pattern::sync2;
        return on_report(
            turn, TaskSucceeded{report.token, Payload(ended_document(report.end, is_parsed))});
    }
    return on_report(turn, TaskFailed{report.token, errors::kTaskFailed,
                                      to_text(ended_document(report.end, false))});
}

Fault expire_task(Turn& turn, FrameId id) {
    const Frame& frame = turn.frame(id);
    Fault fault;
    fault.info = {errors::kTimeout, std::nullopt};
    fault.is_heartbeat = !frame.due || *frame.due > turn.now();
    cancel_task(turn, id);
    const Resource& resource = resource_of(turn, id);
    turn.emit(events_of(resource).timed_out, id, failure_of(resource, fault.info));
    return fault;
}

void cancel_task(Turn& turn, FrameId id) {
    const Frame& frame = turn.frame(id);
    if (frame.phase == Phase::awaiting_map_run) {
        return turn.order(StopMapRun{token_of(turn, id, frame.attempt)});
    }
    if (!frame.has_task()) return;
    const TaskToken token = token_of(turn, id, frame.attempt);
    const Resource& resource = resource_of(turn, id);
    const bool is_with_runner =
        frame.phase == Phase::awaiting_pickup || !resource.starts_execution();
    if (is_with_runner) return turn.order(CancelTask{token});
    // What nobody waits for goes on.
    if (resource.waits_for_end()) turn.order(StopChild{token, frame.task->submitted});
}

}  // namespace stepwell::core
