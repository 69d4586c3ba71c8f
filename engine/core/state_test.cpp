#include "engine/core/state_test.hpp"

#include <algorithm>

#include "engine/core/evolve.hpp"
#include "engine/core/steps.hpp"

namespace stepwell::core {

namespace {

constexpr ExecutionId kExecution{1};

bool has_retries(StateKind kind) {
    return kind == StateKind::task || kind == StateKind::parallel || kind == StateKind::map;
}

/// Whether a Map is around the state, at whatever distance.
bool is_in_map(const Definition& definition, const State& state) {
    for (auto owner = definition.scope(state.scope).owner; owner;) {
        const State& around = definition.state(*owner);
        if (around.kind() == StateKind::map) return true;
        owner = definition.scope(around.scope).owner;
    }
    return false;
}

bool waits_for_token(const State& state) {
    const auto* task = std::get_if<definition::TaskState>(&state.body);
    return task && task->resource.pattern == definition::Resource::Pattern::wait_for_task_token;
}

/// As recorded: without a RedriveCount, as of an Express execution.
Json context_of(const Definition& definition, const StateTrial& trial) {
    const Facts& facts = trial.facts;
    const State& state = definition.state(trial.state);
    Json context;
    context["Execution"] = {{"Id", facts.arn},
                            {"Input", facts.input.json()},
                            {"Name", facts.name},
                            {"RoleArn", facts.role_arn},
                            {"StartTime", to_iso8601(facts.started_at)}};
    context["StateMachine"] = {{"Id", facts.workflow_arn}, {"Name", facts.workflow_name}};
    context["State"] = {{"Name", state.name}, {"EnteredTime", to_iso8601(facts.started_at)}};
    if (has_retries(state.kind())) context["State"]["RetryCount"] = trial.retries;
    if (waits_for_token(state)) {
        context["Task"]["Token"] = to_task_token_text({kExecution, kRootFrame, 1}, 0);
    }
    if (is_in_map(definition, state)) {
        context["Map"]["Item"] = {{"Index", 0}, {"Value", facts.input.json()}};
    }
    return context;
}

void put_over(Json& context, const Json& given) {
    for (const auto& [name, value] : given.items()) {
        Json& place = context[name];
        if (!place.is_object() || !value.is_object()) {
            place = value;
            continue;
        }
        for (const auto& [member, said] : value.items()) place[member] = said;
    }
}

bool is_exit(const Event& event) {
    return std::holds_alternative<ExitedInfo>(event.details);
}

VariablesPtr joined(const VariablesPtr& before, const VariablesPtr& assigned) {
    if (!before || before->empty()) return assigned;
    if (!assigned || assigned->empty()) return before;
    auto all = std::make_shared<Variables>(*assigned);
    for (const Variable& variable : *before) {
        const bool is_replaced =
            std::any_of(assigned->begin(), assigned->end(),
                        [&](const auto& v) { return v.name == variable.name; });
        if (!is_replaced) all->push_back(variable);
    }
    std::sort(all->begin(), all->end(),
              [](const Variable& a, const Variable& b) { return a.name < b.name; });
    return all;
}

}  // namespace

const char* name_of(Stage stage) {
    switch (stage) {
        case Stage::after_input_path:
            return "afterInputPath";
        case Stage::after_parameters:
            return "afterParameters";
        case Stage::after_arguments:
            return "afterArguments";
        case Stage::after_items_path:
            return "afterItemsPath";
        case Stage::after_item_selector:
            return "afterItemSelector";
        case Stage::after_item_batcher:
            return "afterItemBatcher";
        case Stage::max_concurrency:
            return "maxConcurrency";
        case Stage::tolerated_failure_count:
            return "toleratedFailureCount";
        case Stage::tolerated_failure_percentage:
            return "toleratedFailurePercentage";
        case Stage::result:
            return "result";
        case Stage::after_result_selector:
            return "afterResultSelector";
        case Stage::after_result_path:
            return "afterResultPath";
    }
    SW_ASSERT(false);
}

bool is_number(Stage stage) {
    return stage == Stage::max_concurrency || stage == Stage::tolerated_failure_count ||
           stage == Stage::tolerated_failure_percentage;
}

const char* name_of(StateAnswer::Status status) {
    switch (status) {
        case StateAnswer::Status::succeeded:
            return "SUCCEEDED";
        case StateAnswer::Status::failed:
            return "FAILED";
        case StateAnswer::Status::retriable:
            return "RETRIABLE";
        case StateAnswer::Status::caught:
            return "CAUGHT_ERROR";
    }
    SW_ASSERT(false);
}

StateTest::StateTest(definition::DefinitionPtr definition, StateTrial trial, Moment moment)
    : definition_(std::move(definition)),
      trial_(std::move(trial)),
      moment_(std::move(moment)),
      execution_(kExecution) {
    probe_.items = trial_.items;
    probe_.replaces_children = trial_.replaces_children;
    probe_.context = context_of(*definition_, trial_);
    put_over(*probe_.context, trial_.context);
}

/// The events that stand before the state's work in a history.
void StateTest::enter() {
    const State& state = definition_->state(trial_.state);
    Event began;
    began.type = EventType::execution_started;
    began.id = EventId{1};
    began.at = moment_.now;
    began.details = ExecutionBegan{std::make_shared<const Facts>(trial_.facts), trial_.state};
    Event entered;
    entered.type = entered_type(state.kind());
    entered.id = EventId{2};
    entered.at = moment_.now;
    entered.details = EnteredInfo{state.name, trial_.facts.input};
    evolve(execution_, {began, entered});
}

/// What other states and earlier attempts would have left in the frame.
void StateTest::stand_at_state() {
    auto standing = std::make_shared<Frame>(*frame());
    standing->variables = trial_.variables;
    standing->retries = trial_.retries;
    standing->retries_by_retrier.assign(definition_->state(trial_.state).retry.size(),
                                        trial_.retries);
    Delta delta;
    delta.header = execution_.header();
    delta.frames[kRootFrame] = std::move(standing);
    execution_.merge(std::move(delta));
}

void StateTest::begin() {
    enter();
    stand_at_state();
    decide([](Turn& turn) { begin_work(turn, kRootFrame); });
    if (!frame() || frame()->phase != Phase::awaiting_timer) return;
    moment_.now = *frame()->due;
    decide([](Turn& turn) { finish_wait(turn, kRootFrame); });
}

std::optional<StartTask> StateTest::task() const {
    if (!frame() || !frame()->has_task()) return std::nullopt;
    return task_at(kExecution, *frame());
}

bool StateTest::wants_children() const {
    return frame() && frame()->phase == Phase::awaiting_children;
}

/// As recorded: where the state says nothing of it, all may fail.
bool StateTest::tolerates(std::size_t failures) const {
    const auto said = [&](Stage stage) {
        const auto found = probe_.stages.find(stage);
        return found == probe_.stages.end() ? std::nullopt
                                            : std::optional(found->second.json().get<double>());
    };
    const auto count = said(Stage::tolerated_failure_count);
    if (count && static_cast<double>(failures) > *count) return false;
    const auto percentage = said(Stage::tolerated_failure_percentage);
    constexpr double kPercent = 100;
    return !percentage || static_cast<double>(failures) * kPercent <=
                              *percentage * static_cast<double>(iterations());
}

/// An activity waits for a worker first.
void StateTest::pick_up() {
    if (frame()->phase != Phase::awaiting_pickup) return;
    const TaskPickedUp report{token()};
    decide([&](Turn& turn) { static_cast<void>(on_report(turn, report)); });
}

void StateTest::succeed(Payload result) {
    SW_ASSERT(task() || wants_children());
    if (!wants_children()) {
        const TaskSucceeded report{token(), std::move(result)};
        pick_up();
        return decide([&](Turn& turn) { static_cast<void>(on_report(turn, report)); });
    }
    const bool is_map = definition_->state(trial_.state).kind() == StateKind::map;
    decide([&](Turn& turn) {
        turn.emit(is_map ? EventType::map_state_succeeded : EventType::parallel_state_succeeded,
                  kRootFrame);
        complete(turn, kRootFrame, result);
    });
}

void StateTest::fail(ErrorInfo failure) {
    SW_ASSERT(task() || wants_children());
    if (wants_children()) return fail_children(std::move(failure));
    const TaskFailed report{token(), std::move(failure.error), std::move(failure.cause)};
    pick_up();
    decide([&](Turn& turn) { static_cast<void>(on_report(turn, report)); });
}

void StateTest::fail_children(ErrorInfo failure) {
    Fault fault;
    fault.info = std::move(failure);
    fault.is_from_children = true;
    fault.leaf = frame()->last_event;
    decide([&](Turn& turn) { fail_state(turn, kRootFrame, std::move(fault)); });
}

TaskToken StateTest::token() const {
    return {kExecution, kRootFrame, frame()->attempt};
}

/// As decide() does, but for the state that would come next: it is not entered.
void StateTest::decide(const std::function<void(Turn&)>& step) {
    Turn turn(*definition_, execution_, moment_, &probe_);
    step(turn);
    Decision decision = std::move(turn).finish();
    for (Event& event : decision.events) events_.push_back(std::move(event));
    execution_.merge(std::move(decision.next));
}

StateAnswer StateTest::answer() const {
    SW_ASSERT(!task() && !wants_children());
    StateAnswer answer;
    answer.seen = probe_;
    answer.variables = trial_.variables;
    answer.failure = probe_.failure.value_or(ErrorInfo{});
    const auto exit = std::find_if(events_.begin(), events_.end(), is_exit);
    if (exit != events_.end()) {
        const auto& info = std::get<ExitedInfo>(exit->details);
        answer.status =
            probe_.failure ? StateAnswer::Status::caught : StateAnswer::Status::succeeded;
        answer.output = info.output;
        answer.next = info.next;
        answer.variables = joined(trial_.variables, info.assigned);
    } else if (execution_.is_running()) {
        answer.status = StateAnswer::Status::retriable;
        answer.delay = *frame()->due - moment_.now;
    }
    return answer;
}

}  // namespace stepwell::core
