// POST /api/v1/workflows/{workflow}/state-test: what one state makes of an input. Changes nothing
// and runs no task.
#include "api/http/paths.hpp"
#include "api/read/state_trial.hpp"
#include "api/system/routes.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/definition_text.hpp"

namespace stepwell::api {
namespace {

constexpr const char* kBody =
    R"json({"type": "object", "required": ["state"], "additionalProperties": false,
  "properties": {
    "state": {"type": "string", "description": "its name, at whatever depth"},
    "version": {"type": "integer", "minimum": 1, "description": "of the workflow; absent: the newest"},
    "input": {"description": "any JSON; absent: {}"},
    "mock": {"type": "object", "additionalProperties": false,
      "description": "what the task, or the branches or iterations, give: a result, or an error",
      "properties": {"result": {"description": "any JSON"}, "error": {"type": "string"}, "cause": {"type": "string"}}},
    "variables": {"type": "object", "additionalProperties": true, "description": "those there are"},
    "context": {"type": "object", "additionalProperties": true,
      "description": "members of the context object, in place of its own"},
    "retries": {"type": "integer", "minimum": 0, "maximum": 1000000,
      "description": "so many attempts have failed before"}}})json";

constexpr const char* kAnswer =
    R"json({"type": "object", "required": ["state", "type", "status", "stages"],
  "properties": {
    "state": {"type": "string"},
    "type": {"type": "string", "enum": ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"]},
    "status": {"type": "string", "enum": ["succeeded", "failed", "retriable", "caught", "needs_mock"],
      "description": "needs_mock: it has work to be done, and nothing was said of what that gives"},
    "stages": {"type": "array", "description": "what became of the data, in order", "items": {
      "type": "object", "required": ["stage", "data"], "properties": {
        "stage": {"type": "string", "enum": ["afterInputPath", "afterParameters", "afterArguments", "afterItemsPath",
          "afterItemSelector", "afterItemBatcher", "maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage", "result",
          "afterResultSelector", "afterResultPath"]},
        "data": {"description": "any JSON"}}}},
    "output": {"description": "any JSON"},
    "variables": {"type": "object", "additionalProperties": true, "description": "behind the state"},
    "next": {"type": "string", "description": "the state that comes then; absent: none"},
    "error": {"type": "string"}, "cause": {"type": "string"},
    "retrier": {"type": "integer", "description": "which of the state's retriers the error is for"},
    "retry_in_ms": {"type": "integer", "description": "until the next attempt"},
    "catcher": {"type": "integer", "description": "which of the state's catchers took it"}}})json";

Result<std::optional<TrialMock>> mock_of(const Json& body) {
    const Json* said = find(body, "mock");
    if (!said) return std::optional<TrialMock>();
    const Json* result = find(*said, "result");
    const Json* error = find(*said, "error");
    const bool has_stray_cause = find(*said, "cause") && !error;
    if ((result != nullptr) == (error != nullptr) || has_stray_cause) {
        return fail(ErrorCode::invalid,
                    "expected 'mock' to have either 'result', or 'error' and maybe 'cause'");
    }
    TrialMock mock;
    if (result) mock.result = Payload(*result);
    if (error) mock.failure.error = error->get<std::string>();
    if (const Json* cause = find(*said, "cause")) mock.failure.cause = cause->get<std::string>();
    return std::optional(std::move(mock));
}

Result<runtime::WorkflowDescription> described(runtime::Reader& reader, const Call& call) {
    const std::string& name = call.path("workflow");
    const Json* version = find(call.body(), "version");
    return version ? reader.version(name, version->get<std::uint32_t>()) : reader.workflow(name);
}

Result<Json> test_state(Readers& readers, const Call& call) {
    auto reader = SW_TRY(readers.take());
    const auto found = SW_TRY(described(*reader, call));
    const Json& body = call.body();
    TrialQuestion question;
    question.definition = SW_TRY(runtime::reload_definition(found.version.definition));
    question.state = string_or(body, "state", "");
    if (const Json* input = find(body, "input")) question.input = Payload(*input);
    question.mock = SW_TRY(mock_of(body));
    if (const Json* variables = find(body, "variables")) question.variables = *variables;
    if (const Json* context = find(body, "context")) question.context = *context;
    if (const Json* retries = find(body, "retries"))
        question.retries = retries->get<std::uint32_t>();
    question.now = runtime::system_clock().now();
    question.entropy = runtime::system_clock().entropy();
    return try_state(question);
}

}  // namespace

void add_state_test_route(Router& router, Readers& readers) {
    router.add({.method = "POST",
                .pattern = "/api/v1/workflows/{workflow}" + std::string(kStateTestPath),
                .operation = "testState",
                .tag = "workflows",
                .summary = "Say what one state makes of an input, and change nothing",
                .description =
                    "The state is evaluated as a run would evaluate it, by itself. No task is "
                    "run: 'mock' says what it gives. A Wait takes no time.",
                .body = json_body(kBody, true),
                .answer = kAnswer,
                .act = [&readers](const Call& call) { call.answer(test_state(readers, call)); }});
}

}  // namespace stepwell::api
