// TestState: one state by itself, as the engine evaluates it; core::StateTest does the work.
#include <cmath>

#include "api/aws/api.hpp"
#include "api/aws/test_state_run.hpp"
#include "engine/base/secret_reference.hpp"
#include "engine/base/uuid.hpp"

namespace stepwell::api::aws {
namespace {

using core::Stage;

using core::StateAnswer;
using definition::State;
using definition::StateKind;

/// As recorded: of an Express execution that nobody has started.
TestStateRequest with_facts(TestStateRequest request, const Account& account, Timestamp now,
                            Prng& random) {
    core::Facts& facts = request.trial.facts;
    const std::string scope = "arn:aws:states:" + account.region + ":" + account.account;
    facts.workflow_name = uuid4(random);
    facts.workflow_arn = scope + ":stateMachine:" + facts.workflow_name;
    facts.name = uuid4(random);
    facts.arn = scope + ":express:" + facts.workflow_name + ":" + facts.name;
    facts.started_at = now;
    return request;
}

/// As recorded: AWS shows less of states that have children.
bool is_shown(StateKind kind, Stage stage) {
    switch (stage) {
        case Stage::after_input_path:
        case Stage::after_parameters:
            return kind != StateKind::parallel;
        case Stage::after_arguments:
        case Stage::result:
            return kind != StateKind::parallel && kind != StateKind::map;
        default:
            return true;
    }
}

/// As recorded: with a blank behind each comma and colon.
std::string spaced(const std::string& compact) {
    std::string out;
    bool is_quoted = false;
    for (std::size_t i = 0; i < compact.size(); ++i) {
        const char c = compact[i];
        out += c;
        if (is_quoted && c == '\\') {
            out += compact[++i];
        } else if (c == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && (c == ',' || c == ':')) {
            out += ' ';
        }
    }
    return out;
}

Json shown(Stage stage, const Payload& data) {
    if (core::is_number(stage)) return data.json();
    return stage == Stage::after_items_path ? spaced(to_text(data.json())) : data.text();
}

Json error_details(const StateAnswer& answer) {
    Json details = Json::object();
    if (answer.seen.catcher) details["catchIndex"] = *answer.seen.catcher;
    if (answer.seen.retrier) details["retryIndex"] = *answer.seen.retrier;
    if (answer.delay) {
        details["retryBackoffIntervalSeconds"] = static_cast<std::int64_t>(
            std::ceil(static_cast<double>(answer.delay->count()) / 1'000));
    }
    return details;
}

Json inspection(const TestStateRequest& request, const StateAnswer& answer) {
    Json data{{"input", request.trial.facts.input.text()}};
    for (const auto& [stage, payload] : answer.seen.stages) {
        if (!is_shown(request.state().kind(), stage)) continue;
        data[core::name_of(stage)] = shown(stage, payload);
    }
    if (request.has_pointer) data["afterItemsPointer"] = request.trial.items->text();
    if (answer.variables && !answer.variables->empty()) {
        Json variables = Json::object();
        for (const auto& [name, value] : *answer.variables) variables[name] = value.json();
        data["variables"] = to_text(variables);
    }
    Json details = error_details(answer);
    if (!details.empty()) data["errorDetails"] = std::move(details);
    return data;
}

Json to_json(const TestStateRequest& request, const StateAnswer& answer) {
    Json out = Json::object();
    if (answer.output) out["output"] = answer.output->text();
    if (answer.failure.error) out["error"] = *answer.failure.error;
    if (answer.failure.cause) out["cause"] = *answer.failure.cause;
    if (request.is_inspected) out["inspectionData"] = inspection(request, answer);
    if (answer.next) out["nextState"] = request.definition->state(*answer.next).name;
    out["status"] = core::name_of(answer.status);
    return out;
}

AwsResult<void> check_iterations(const core::StateTest& test, std::size_t failed) {
    if (failed <= test.iterations()) return {};
    return refuse("ValidationException",
                  "Map iteration failure count must be less than or equal to the number of Map "
                  "iterations");
}

runtime::TaskRequest request_of(const TestStateRequest& tested, const core::StartTask& task,
                                Prng& random) {
    const core::Facts& facts = tested.trial.facts;
    const State& state = tested.state();
    runtime::TaskRequest request;
    request.resource = std::get<definition::TaskState>(state.body).resource.text;
    request.parameters = task.parameters;
    request.state_name = state.name;
    request.execution_arn = facts.arn;
    request.execution_name = facts.name;
    request.workflow_arn = facts.workflow_arn;
    request.workflow_name = facts.workflow_name;
    request.execution_started_at = facts.started_at;
    request.entered_at = task.entered_at;
    request.retry_count = task.retry_count;
    request.timeout_seconds = task.timeout_seconds;
    request.heartbeat_seconds = task.heartbeat_seconds;
    request.run_key = uuid4(random);
    if (state.parameters) request.secret_places = state.parameters->literals_where(names_secret);
    if (state.arguments) request.secret_places = state.arguments->literals_where(names_secret);
    return request;
}

}  // namespace

TestStateRun::TestStateRun(TestStateRequest request, const Account& account, core::Moment moment)
    : random_(moment.entropy),
      request_(with_facts(std::move(request), account, moment.now, random_)),
      test_(request_.definition, request_.trial, std::move(moment)) {}

AwsResult<std::optional<runtime::TaskRequest>> TestStateRun::begin() {
    test_.begin();
    if (request_.mock) SW_TRY(put_mock());
    const auto task = test_.task();
    if (!task) return std::optional<runtime::TaskRequest>();
    return std::optional(request_of(request_, *task, random_));
}

AwsResult<void> TestStateRun::put_mock() {
    if (!test_.wants_children() && !test_.task()) return {};  // it failed before its work
    if (is_map()) SW_TRY(check_iterations(test_, request_.iterations_failed));
    const TrialMock& mock = *request_.mock;
    if (!mock.result) {
        test_.fail(mock.failure);
    } else if (is_map() && !test_.tolerates(request_.iterations_failed)) {
        test_.fail({"States.ExceedToleratedFailureThreshold",
                    "The specified tolerated failure threshold was exceeded"});
    } else {
        test_.succeed(*mock.result);
    }
    return {};
}

void TestStateRun::finish(TaskEnd end) {
    if (auto* result = std::get_if<Payload>(&end)) return test_.succeed(std::move(*result));
    test_.fail(std::get<core::ErrorInfo>(std::move(end)));
}

Json TestStateRun::answer() const {
    return to_json(request_, test_.answer());
}

void Api::test_state(const Json& body, const Principal&, Reply reply) {
    auto request = read_test_state(body, builtin_tasks_);
    if (!request) return reply(fail(std::move(request).error()));
    core::Moment moment;
    moment.now = runtime::system_clock().now();
    moment.entropy = runtime::system_clock().entropy();
    auto run = std::make_shared<TestStateRun>(*std::move(request), account_, std::move(moment));
    auto task = run->begin();
    if (!task) return reply(fail(std::move(task).error()));
    if (!*task) return reply(to_text(run->answer()));
    if (!run_task_) return reply(refuse("InternalFailure", "nobody runs tasks here"));
    run_task_(**std::move(task), [run, reply = std::move(reply)](TaskEnd end) {
        run->finish(std::move(end));
        reply(to_text(run->answer()));
    });
}

}  // namespace stepwell::api::aws
