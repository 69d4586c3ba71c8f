#include "api/aws/test_state_request.hpp"

#include <set>

#include "api/aws/failure_members.hpp"
#include "api/aws/members.hpp"
#include "api/aws/starts.hpp"
#include "api/read/state_trial.hpp"
#include "engine/definition/workflow.hpp"
#include "engine/runtime/definition_text.hpp"

namespace stepwell::api::aws {
namespace {

using definition::Resource;
using definition::State;
using definition::StateKind;

constexpr Length kTextLength{0, kPayloadBytesMax};
/// Of a state that comes without a machine around it, as recorded.
constexpr const char* kLoneState = "StateName";

Failure<AwsError> invalid_request(std::string message) {
    return refuse("ValidationException", std::move(message));
}

void add_target(const Json& place, const char* name, std::set<std::string>& targets) {
    const std::string target = string_or(place, name, "");
    if (!target.empty() && target != kLoneState) targets.insert(target);
}

std::set<std::string> targets_of(const Json& state) {
    std::set<std::string> targets;
    add_target(state, "Next", targets);
    add_target(state, "Default", targets);
    for (const char* name : {"Choices", "Catch"}) {
        const Json* list = find(state, name);
        if (!list || !list->is_array()) continue;
        for (const Json& one : *list) add_target(one, "Next", targets);
    }
    return targets;
}

/// A machine around one state, with an end for each state that it points to. The state's own text
/// stays as it came.
std::string machine_around(const std::string& text, const Json& state) {
    std::string machine = std::string(R"({"StartAt":")") + kLoneState + R"(","States":{")" +
                          kLoneState + "\":" + text;
    for (const std::string& target : targets_of(state)) {
        machine += "," + to_text(Json(target)) + R"(:{"Type":"Succeed"})";
    }
    return machine + "}}";
}

AwsResult<void> read_definition(const std::string& text, std::optional<std::string> name,
                                const std::vector<std::string>& builtin_tasks,
                                TestStateRequest& out) {
    const auto json = parse_json(text);
    const bool is_alone = json && json->is_object() && !find(*json, "States") && !name;
    auto parsed = runtime::parse_definition(is_alone ? machine_around(text, *json) : text, false,
                                            builtin_tasks);
    if (!parsed) return refuse("InvalidDefinition", parsed.error().message);
    out.definition = std::move(parsed).value();
    if (!is_alone && !name) {
        return invalid_request("expected 'stateName' to say which state of the definition to test");
    }
    const auto found = state_named(*out.definition, name.value_or(kLoneState));
    if (!found) return invalid_request("State not found in definition");
    out.trial.state = *found;
    return {};
}

const Resource* resource_of(const State& state) {
    const auto* task = std::get_if<definition::TaskState>(&state.body);
    return task ? &task->resource : nullptr;
}

bool waits_for_others(const Resource& resource) {
    return resource.pattern != Resource::Pattern::request_response ||
           resource.kind == Resource::Kind::activity;
}

bool has_children(const State& state) {
    return state.kind() == StateKind::parallel || state.kind() == StateKind::map;
}

/// A mock is for states that have work done by somebody else; some cannot be tested without one.
AwsResult<void> check_kind(const State& state, bool has_mock, bool has_role) {
    const Resource* resource = resource_of(state);
    if (has_mock && !resource && !has_children(state)) {
        return invalid_request(std::string("State type '") + definition::name_of(state.kind()) +
                               "' is not supported when a mock is specified");
    }
    if (has_mock) return {};
    if (has_children(state) || (resource && waits_for_others(*resource))) {
        return refuse("InvalidDefinition",
                      "TestState API does not support Map or Parallel states. Supported state "
                      "types include: [Task, Wait, Pass, Succeed, Fail, Choice]");
    }
    // Our own tasks know no roles.
    const bool is_aws_task = resource && resource->kind != Resource::Kind::builtin;
    if (is_aws_task && !has_role)
        return invalid_request("RoleArn must be specified when testing a Task state");
    return {};
}

std::optional<ValidationMode> read_mode(Members& members) {
    const auto mode = members.choice("fieldValidationMode", {"STRICT", "PRESENT", "NONE"});
    if (!mode) return std::nullopt;
    if (mode == "STRICT") return ValidationMode::strict;
    return mode == "PRESENT" ? ValidationMode::present : ValidationMode::none;
}

AwsResult<TrialMock> read_mock(const Json& json, std::optional<ValidationMode>& mode) {
    Members members(json);
    const auto result = members.text("result", kTextLength);
    const Json* failure = members.object("errorOutput");
    mode = read_mode(members);
    SW_TRY(members.check());
    if (result.has_value() == (failure != nullptr)) {
        return invalid_request(
            "A test mock should have only one of the following fields: [result, errorOutput].");
    }
    TrialMock mock;
    if (result) {
        auto payload = Payload::from_text(*result);
        if (!payload) return invalid_request("Mocked result must be valid JSON");
        mock.result = std::move(payload).value();
        return mock;
    }
    Members said(*failure);
    read_failure(said, mock.failure);
    SW_TRY(said.check());
    return mock;
}

AwsResult<core::VariablesPtr> read_variables(const std::string& text) {
    const auto payload = Payload::from_text(text);
    if (!payload || !payload->json().is_object()) {
        return invalid_request("expected 'variables' to be the text of a JSON object");
    }
    return variables_of(payload->json());
}

AwsResult<void> read_configuration(const Json& json, TestStateRequest& out) {
    Members members(json);
    constexpr std::int64_t kRetriesMax = 99'999'999;
    out.trial.retries =
        static_cast<std::uint32_t>(members.number("retrierRetryCount", 0, kRetriesMax));
    out.iterations_failed =
        static_cast<std::size_t>(members.number("mapIterationFailureCount", 0, kRetriesMax));
    const auto name = members.text("errorCausedByState", {1, 80});
    const auto items = members.text("mapItemReaderData", kTextLength);
    SW_TRY(members.check());
    if (find(json, "mapIterationFailureCount") && !out.mock) {
        return invalid_request(
            "TestState does not support MapIterationFailureCount when a mock is not specified.");
    }
    if (name && !state_named(*out.definition, *name)) {
        return invalid_request("State not found in definition");
    }
    return items ? read_reader_data(*items, out) : AwsResult<void>();
}

/// What an ItemReader reads is not read here.
AwsResult<void> check_reader_data(const TestStateRequest& request) {
    if (request.trial.items || !reader_of(request.state())) return {};
    return invalid_request(
        "expected 'stateConfiguration.mapItemReaderData', for what the Map's ItemReader names is "
        "not read in a test");
}

}  // namespace

AwsResult<TestStateRequest> read_test_state(const Json& body,
                                            const std::vector<std::string>& builtin_tasks) {
    Members members(body);
    const auto text = members.required_text("definition", {1, definition::kDefinitionBytesMax});
    auto role = members.text("roleArn", kArnLength);
    auto input = members.text("input", kTextLength);
    const auto level = members.choice("inspectionLevel", {"INFO", "DEBUG", "TRACE"});
    const bool reveals = members.flag("revealSecrets", false);
    const auto variables = members.text("variables", kTextLength);
    auto name = members.text("stateName", {1, 80});
    const Json* mock = members.object("mock");
    const auto context = members.text("context", kTextLength);
    const Json* configuration = members.object("stateConfiguration");
    SW_TRY(members.check());

    TestStateRequest out;
    out.is_inspected = level && level != "INFO";
    if (mock) out.mock = SW_TRY(read_mock(*mock, out.validation));
    if (mock && reveals) {
        return invalid_request(
            "TestState does not support RevealSecrets when a mock is specified.");
    }
    SW_TRY(read_definition(text, std::move(name), builtin_tasks, out));
    SW_TRY(check_kind(out.state(), mock != nullptr, role.has_value()));
    out.trial.facts.role_arn = std::move(role).value_or("");
    out.trial.facts.input = SW_TRY(execution_input(std::move(input)));
    out.trial.replaces_children = mock != nullptr;
    if (variables) out.trial.variables = SW_TRY(read_variables(*variables));
    if (context) out.trial.context = SW_TRY(read_test_context(*context, out.state()));
    if (configuration) SW_TRY(read_configuration(*configuration, out));
    SW_TRY(check_reader_data(out));
    if (out.mock && out.mock->result) {
        SW_TRY(check_mock_result(out.state(), *out.mock->result, out.validation));
    }
    return out;
}

}  // namespace stepwell::api::aws
