#include "tests/core/world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

namespace stepwell::test {

namespace {

constexpr ExecutionId kId{12};

definition::DefinitionPtr parse_workflow(const std::string& text) {
    definition::ParseOptions options;
    options.default_name = "machine";
    const auto parsed = definition::parse(text, options);
    INFO(definition::render(parsed.diagnostics, "workflow", text));
    REQUIRE(parsed.is_valid());
    return parsed.workflow.definition;
}

/// To the tests it is a task like any other.
StartTask as_task(const core::StartChild& child) {
    StartTask task;
    task.token = child.token;
    task.state = child.state;
    task.parameters = child.parameters;
    task.submitted = child.submitted;
    return task;
}

/// Of a frame or its variables: neither of the facts nor a payload.
bool is_of_frame(RecordKey key) {
    return (static_cast<std::uint64_t>(key) & 2) != 0;
}

}  // namespace

World::World(const std::string& workflow)
    : definition_(parse_workflow(workflow)),
      execution_(kId),
      replayed_(kId),
      rebuilding_(kId),
      now_(from_ms(1'704'164'645'678)) {}

Result<void> World::tell(const Input& input) {
    const Moment moment{.now = now_,
                        .entropy = entropy++,
                        .limits = limits,
                        .secret = secret,
                        .has_to_wait = has_to_wait,
                        .has_activity = has_activity};
    Result<Decision> decision = decide(*definition_, execution_, input, moment);
    if (!decision) return stepwell::fail(decision.error());
    work_of_turn_max = std::max(work_of_turn_max, decision->work);
    if (std::holds_alternative<TaskHeartbeat>(input)) {
        has_heartbeats_ = true;
        CHECK(decision->events.empty());
    }

    for (const Command& command : decision->commands) {
        if (const auto* begin = std::get_if<StartTask>(&command)) {
            in_flight_.insert_or_assign(begin->token, *begin);
        } else if (const auto* child = std::get_if<core::StartChild>(&command)) {
            in_flight_.insert_or_assign(child->token, as_task(*child));
        } else if (const auto* stop = std::get_if<core::StopChild>(&command)) {
            in_flight_.erase(stop->token);
        } else if (const auto* cancel = std::get_if<CancelTask>(&command)) {
            in_flight_.erase(cancel->token);
        }
    }
    // A worker has it: nothing more is commanded.
    const auto* taken = std::get_if<TaskPickedUp>(&input);
    const auto waiting = taken ? in_flight_.find(taken->token) : in_flight_.end();
    if (waiting != in_flight_.end()) waiting->second.is_picked_up = true;
    Changes changes = encode_changes(execution_, decision->next);
    header_ = changes.header;
    bytes_stored += header_.size();
    for (Record& record : changes.put) {
        bytes_stored += record.bytes.size();
        records_[record.key] = std::move(record.bytes);
    }
    for (const RecordKey key : changes.removed) records_.erase(key);
    if (decision->next.is_cleared) {
        CHECK(changes.removed.empty());
        std::erase_if(records_, [](const auto& one) { return is_of_frame(one.first); });
    }
    execution_.merge(std::move(decision->next), changes.numbered);
    const std::vector<std::uint64_t> released = execution_.take_released();
    if (execution_.is_running()) {
        for (const std::uint64_t number : released) {
            CHECK(records_.erase(core::payload_key(number)) == 1);
        }
    }
    events_.insert(events_.end(), decision->events.begin(), decision->events.end());
    if (check_invariants) check(decision->events);
    return {};
}

void World::report(const Input& input) {
    std::optional<TaskToken> ended;
    if (const auto* success = std::get_if<TaskSucceeded>(&input)) ended = success->token;
    if (const auto* failure = std::get_if<TaskFailed>(&input)) ended = failure->token;
    const auto task = ended ? in_flight_.find(*ended) : in_flight_.end();
    if (task == in_flight_.end() || !task->second.is_picked_up) {
        const bool is_end = ended.has_value();
        const auto told = tell(input);
        if (is_end) CHECK_FALSE(told.has_value());
        return;
    }
    in_flight_.erase(task);
    const auto told = tell(input);
    CHECK(told.has_value());
}

void World::check(const std::vector<Event>& events) {
    const std::string blob = core::encode(events);
    const auto decoded = core::decode(blob);
    REQUIRE(decoded.has_value());
    CHECK(trace(*decoded) == trace(events));
    CHECK(core::encode(*decoded) == blob);

    evolve(replayed_, *decoded);
    rebuilding_.take(*decoded);
    CHECK(rebuilding_.execution() == execution_);
    CHECK(replayed_ == execution_);
    if (!has_heartbeats_) CHECK(replayed_.next_due() == execution_.next_due());

    std::vector<Record> records;
    for (const auto& [key, bytes] : records_) records.push_back({key, bytes});
    std::reverse(records.begin(), records.end());
    auto restored = restore(kId, header_, records);
    REQUIRE(restored.has_value());
    if (execution_.is_running()) CHECK(restored->take_released().empty());
    CHECK(*restored == execution_);
    CHECK(restored->next_due() == execution_.next_due());
    CHECK(restored->has_tasks_in_flight() == !in_flight_.empty());

    std::vector<TaskToken> expected;
    for (const auto& [token, task] : in_flight_) expected.push_back(token);
    std::vector<TaskToken> actual;
    for (const Command& command : outstanding(*definition_, *restored)) {
        const auto* child = std::get_if<core::StartChild>(&command);
        const StartTask start = child ? as_task(*child) : std::get<StartTask>(command);
        actual.push_back(start.token);
        const auto known = in_flight_.find(start.token);
        CHECK((known != in_flight_.end() && known->second.is_picked_up == start.is_picked_up));
    }
    // What waits for its token only is in flight, but not to be started again.
    for (const FramePtr& frame : restored->frames()) {
        const bool is_with_worker =
            frame->phase == Phase::awaiting_task &&
            std::get<definition::TaskState>(definition_->state(frame->state).body)
                .resource.is_for_worker();
        if (frame->task && (frame->task->submitted || is_with_worker)) {
            std::erase_if(expected, [&](const TaskToken& t) { return t.frame == frame->id; });
            std::erase_if(actual, [&](const TaskToken& t) { return t.frame == frame->id; });
        }
    }
    std::sort(actual.begin(), actual.end());
    CHECK(actual == expected);
}

void World::start(const std::string& input) {
    StartExecution start;
    start.arn = "arn:aws:states:us-east-1:111111111111:execution:machine:one";
    start.name = "one";
    start.workflow_arn = "arn:aws:states:us-east-1:111111111111:stateMachine:machine";
    start.workflow_name = "machine";
    start.role_arn = "arn:aws:iam::111111111111:role/stepfunctions";
    start.input = Payload::from_text(input).value();
    const auto told = tell(start);
    REQUIRE(told.has_value());
}

Result<void> World::redrive(const std::string& client_token) {
    if (!execution_.is_running()) {
        // As the journal does: of an ended execution only its history is left.
        header_.clear();
        records_.clear();
        execution_ = rebuilding_.execution();
    }
    return tell(RedriveExecution{rebuilding_.frames(), client_token});
}

bool World::tick() {
    const auto due = execution_.next_due();
    if (!due) return false;
    now_ = std::max(now_, *due);
    const auto told = tell(TimerDue{});
    REQUIRE(told.has_value());
    return true;
}

void World::settle() {
    while (tick()) {
    }
}

std::vector<StartTask> World::in_flight() const {
    std::vector<StartTask> tasks;
    for (const auto& [token, task] : in_flight_) tasks.push_back(task);
    return tasks;
}

StartTask World::only_task() const {
    REQUIRE(in_flight_.size() == 1);
    return in_flight_.begin()->second;
}

void World::succeed(const StartTask& task, const std::string& output) {
    const TaskToken token = task.token;
    in_flight_.erase(token);
    const auto told = tell(TaskSucceeded{token, Payload::trusted(output)});
    REQUIRE(told.has_value());
}

void World::succeed(const std::string& output) {
    succeed(only_task(), output);
}

void World::fail(const std::string& error, std::optional<std::string> cause) {
    const TaskToken token = only_task().token;
    in_flight_.erase(token);
    const auto told = tell(TaskFailed{token, error, std::move(cause)});
    REQUIRE(told.has_value());
}

std::string World::chain() const {
    std::string lines;
    for (const Event& event : events_) {
        if (is_internal(event.type)) continue;
        lines += (lines.empty() ? "" : "; ") + std::to_string(value_of(event.id)) + "<" +
                 std::to_string(value_of(event.previous)) + " " + name_of(event.type);
    }
    return lines;
}

std::string World::types() const {
    std::string names;
    for (const Event& event : events_) {
        if (is_internal(event.type)) continue;
        names += (names.empty() ? "" : " ") + std::string(name_of(event.type));
    }
    return names;
}

std::string World::output() const {
    const auto& output = execution_.header().output;
    return output ? output->text() : "none";
}

std::string World::cause() const {
    return execution_.header().cause.value_or("none");
}

}  // namespace stepwell::test
