// What AWS lets through of a mock's result and of a context object.
#include <algorithm>
#include <array>

#include "api/aws/test_state_request.hpp"

namespace stepwell::api::aws {
namespace {

using definition::Resource;
using definition::State;

Failure<AwsError> invalid(std::string message) {
    return refuse("ValidationException", std::move(message));
}
Failure<AwsError> invalid_context(const std::string& message) {
    return invalid("Invalid Context object provided: " + message);
}

enum class Kind { text, number, any };
struct ContextField {
    std::string_view object;
    std::string_view name;
    Kind kind;
};
constexpr std::array kContextFields{
    ContextField{"Execution", "Id", Kind::text},
    ContextField{"Execution", "Input", Kind::any},
    ContextField{"Execution", "Name", Kind::text},
    ContextField{"Execution", "RoleArn", Kind::text},
    ContextField{"Execution", "StartTime", Kind::text},
    ContextField{"Execution", "RedriveCount", Kind::number},
    ContextField{"Execution", "RedriveTime", Kind::text},
    ContextField{"State", "EnteredTime", Kind::text},
    ContextField{"State", "Name", Kind::text},
    ContextField{"State", "RetryCount", Kind::number},
    ContextField{"StateMachine", "Id", Kind::text},
    ContextField{"StateMachine", "Name", Kind::text},
    ContextField{"Task", "Token", Kind::text},
};

AwsResult<void> check_field(const std::string& object, const std::string& name, const Json& value) {
    const auto* field = std::find_if(
        kContextFields.begin(), kContextFields.end(),
        [&](const ContextField& known) { return known.object == object && known.name == name; });
    if (field == kContextFields.end())
        return invalid_context("Field '" + name + "' is not allowed");
    if (field->kind == Kind::text && !value.is_string()) {
        return invalid_context(object + "." + name + " must be a string");
    }
    if (field->kind == Kind::number && !value.is_number()) {
        return invalid_context(object + "." + name + " must be a number");
    }
    return {};
}

AwsResult<void> check_object(const std::string& object, const Json& value) {
    const bool is_known =
        std::any_of(kContextFields.begin(), kContextFields.end(),
                    [&](const ContextField& known) { return known.object == object; });
    if (!is_known) return invalid_context("Field '" + object + "' is not allowed");
    if (!value.is_object()) return invalid_context(object + " must be an object");
    for (const auto& [name, said] : value.items()) SW_TRY(check_field(object, name, said));
    return {};
}

bool waits_for_others(const State& state) {
    const auto* task = std::get_if<definition::TaskState>(&state.body);
    return task && task->resource.pattern != Resource::Pattern::request_response;
}

/// Whether an API of AWS answers, whose model a mock stands for. What a token comes back with is
/// whatever its holder says.
bool is_answered_by_aws(const Resource& resource) {
    return resource.kind == Resource::Kind::integration &&
           resource.pattern != Resource::Pattern::wait_for_task_token;
}

AwsResult<void> check_answer(const Resource& resource, const Json& result,
                             std::optional<ValidationMode> mode) {
    if (!is_answered_by_aws(resource) || mode == ValidationMode::none) return {};
    const auto model = mock_model(resource.service, resource.action);
    if (!model && !mode) return {};
    if (!model) {
        return invalid(
            "expected 'mock.fieldValidationMode' to be 'NONE', for Stepwell has no model "
            "of what '" +
            resource.service + ":" + resource.action + "' answers");
    }
    const auto fault = model_fault(*model, result, mode.value_or(ValidationMode::strict));
    return fault ? AwsResult<void>(invalid(*fault)) : AwsResult<void>();
}

/// Whether the results become files, which are then what the state gives.
bool writes_results(const State& state) {
    const auto* map = std::get_if<definition::MapState>(&state.body);
    return map && map->distributed && map->distributed->writer && map->distributed->writer->exports;
}

AwsResult<void> check_array(const Json& result) {
    return result.is_array() ? AwsResult<void>()
                             : AwsResult<void>(invalid("Mocked result must be an array."));
}

}  // namespace

AwsResult<Json> read_test_context(const std::string& text, const State& state) {
    auto payload = Payload::from_text(text);
    if (!payload) return invalid_context("Context must be valid JSON");
    const Json& context = payload->json();
    if (!context.is_object()) return invalid_context("Context must be a JSON object");
    if (find(context, "Map")) {
        return invalid_context("'Map' field is not supported when mocking a Context object");
    }
    if (find(context, "Task") && !waits_for_others(state)) {
        return invalid_context(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or "
            "'.waitForTaskToken' service integration pattern");
    }
    for (const auto& [object, value] : context.items()) SW_TRY(check_object(object, value));
    return context;
}

AwsResult<void> check_mock_result(const State& state, const Payload& result,
                                  std::optional<ValidationMode> mode) {
    const Json& json = result.json();
    if (const auto* task = std::get_if<definition::TaskState>(&state.body)) {
        return check_answer(task->resource, json, mode);
    }
    if (writes_results(state)) {
        return json.is_object() ? AwsResult<void>()
                                : AwsResult<void>(invalid("Mocked result must be a JSON object."));
    }
    SW_TRY(check_array(json));
    const auto* parallel = std::get_if<definition::ParallelState>(&state.body);
    if (!parallel || json.size() == parallel->branches.size()) return {};
    return invalid(
        "Mocked result must contain the same number of items as number of Parallel branches.");
}

}  // namespace stepwell::api::aws
