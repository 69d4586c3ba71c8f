// A task that waits for a person: what is asked, approve, reject, and signed links to the three.
#include <utility>

#include "api/auth/callback_links.hpp"
#include "api/callbacks/answer.hpp"
#include "api/callbacks/routes.hpp"
#include "api/callbacks/waiting_tasks.hpp"
#include "engine/core/frame.hpp"
#include "engine/definition/definition.hpp"

namespace stepwell::api {
namespace {

/// What was asked is shown up to this size.
constexpr std::size_t kAskedBytesMax = 16u << 10;

constexpr const char* kQuestion = R"json({
  "allOf": [{"$ref": "#/components/schemas/Callback"}, {"type": "object",
  "required": ["comment", "asked", "scope"],
  "properties": {
    "comment": {"type": "string", "description": "of the state; empty: none"},
    "asked": {"description": "the task's parameters, without its token; null where they are larger than 16 KiB"},
    "scope": {"type": ["string", "null"], "enum": ["decide", "result", null],
      "description": "what who asks may do: decide is approve and reject, result is to send any; null: look"}}}]})json";

/// `value` without the token: it opens nothing, but is nobody's business.
Json without(Json value, const std::string& token) {
    if (value.is_string() && value.get_ref<const std::string&>().find(token) != std::string::npos) {
        return "•••";
    }
    if (value.is_structured()) {
        for (auto& item : value) item = without(std::move(item), token);
    }
    return value;
}

Json asked_of(const core::Frame& frame, const std::string& token) {
    if (!frame.task || frame.task->parameters.bytes() > kAskedBytesMax) return nullptr;
    return without(frame.task->parameters.json(), token);
}

Json scope_of(const Principal& principal) {
    if (principal.kind == Principal::Kind::link) return Json(name_of(principal.link_scope));
    return principal.role >= Role::operator_ ? Json(name_of(LinkScope::result)) : Json();
}

Failure<Error> no_longer_waits(const TaskToken& token) {
    return fail(ErrorCode::conflict, "expected a task that waits, but " + token.text() +
                                         " was answered already, timed out, or its run has ended");
}

/// The item of a callback, with what its list says of the run; and the rest of kQuestion.
Result<Json> question(const DecisionParts& parts, const TaskToken& token,
                      const Principal& principal) {
    runtime::ExecutionSummary run;
    {
        auto reader = SW_TRY(parts.readers.take());
        run = SW_TRY(reader->describe(token.execution)).summary;
    }
    const auto open = parts.engine.inspect_now(token.execution);
    if (!open) return no_longer_waits(token);
    for (const core::FramePtr& frame : open->frames) {
        auto item = waiting_task_at(*open, *frame, token.execution);
        if (!item || (*item)["id"] != token.text()) continue;
        (*item)["workflow"] = run.workflow_name;
        (*item)["name"] = run.name;
        (*item)["comment"] = open->definition->state(frame->state).comment;
        (*item)["asked"] = asked_of(*frame, parts.engine.task_token_text(token));
        (*item)["scope"] = scope_of(principal);
        return *std::move(item);
    }
    return no_longer_waits(token);
}

Result<core::Input> approval(const Call& call) {
    const TaskToken token = SW_TRY(attempt_in(call.path("id")));
    const Json output{{"approved", true},
                      {"by", who_is(call.principal())},
                      {"comment", string_or(call.body(), "comment", "")}};
    return core::Input(core::TaskSucceeded{token, Payload(output)});
}

Result<core::Input> rejection(const Call& call) {
    const TaskToken token = SW_TRY(attempt_in(call.path("id")));
    const std::string reason = string_or(call.body(), "reason", "");
    return core::Input(
        core::TaskFailed{token, "Rejected", reason + " (by " + who_is(call.principal()) + ")"});
}

Result<Json> new_link(const DecisionParts& parts, const Call& call) {
    const TaskToken token = SW_TRY(attempt_in(call.path("id")));
    SW_TRY(question(parts, token, call.principal()));
    const auto scope = link_scope_named(string_or(call.body(), "scope", "decide"));
    const Json* span = find(call.body(), "expires_in");
    const Duration age = span ? Duration(std::chrono::seconds(span->get<std::int64_t>()))
                              : Duration(kCallbackLinkAge);
    const Timestamp until = parts.clock.now() + age;
    const std::string path = std::string(kCallbackLinkPage) +
                             parts.links.make(token, scope.value_or(LinkScope::decide), until);
    return Json{{"path", path},
                {"url", parts.public_url + path},
                {"scope", name_of(scope.value_or(LinkScope::decide))},
                {"expires_at", to_iso8601(until)}};
}

void add_question(Router& router, const DecisionParts& parts) {
    router.add({.method = "GET",
                .pattern = "/api/v1/callbacks/{id}",
                .operation = "getCallback",
                .tag = "callbacks",
                .summary = "A task that waits, and what it asks",
                .description = "409 once it waits no more.",
                .headers = {text_parameter(std::string(kCallbackLinkHeader),
                                           "a signed link's text, in place of a credential")},
                .answer = kQuestion,
                .errors = {404, 409, 410, 429, 503},
                .read = [parts](const Call& call) -> Result<Json> {
                    return question(parts, SW_TRY(attempt_in(call.path("id"))), call.principal());
                },
                .link = LinkScope::decide});
}

/// `route`: what is its own of an answer of a person.
void add_decision(Router& router, Route route) {
    route.role = Role::operator_;
    route.tag = "callbacks";
    route.headers = {text_parameter(std::string(kCallbackLinkHeader),
                                    "a signed link's text, in place of a credential")};
    route.status = 204;
    route.errors = {404, 409, 410, 429};
    route.link = LinkScope::decide;
    router.add(std::move(route));
}

}  // namespace

void add_decision_routes(Router& router, const DecisionParts& parts) {
    add_question(router, parts);
    add_decision(
        router,
        {.method = "POST",
         .pattern = "/api/v1/callbacks/{id}/approve",
         .operation = "approveCallback",
         .summary = "Let a task that waits succeed with {\"approved\": true}",
         .description = "The result also has `by`, who it was (of a link \"link:\" and the "
                        "callback's id), and the `comment`.",
         .body = json_body(R"({"type": "object", "additionalProperties": false,
                      "properties": {"comment": {"type": "string", "maxLength": 4096}}})"),
         .act = [parts](const Call& call) { answer_with(parts.engine, approval(call), call); }});
    add_decision(router, {.method = "POST",
                          .pattern = "/api/v1/callbacks/{id}/reject",
                          .operation = "rejectCallback",
                          .summary = "Let a task that waits fail with the error Rejected",
                          .description = "The cause is the reason, and who it was.",
                          .body = json_body(R"({"type": "object", "additionalProperties": false,
                      "required": ["reason"], "properties":
                      {"reason": {"type": "string", "minLength": 1, "maxLength": 4096}}})",
                                            true),
                          .act = [parts](const Call& call) {
                              answer_with(parts.engine, rejection(call), call);
                          }});
    router.add(
        {.method = "POST",
         .pattern = "/api/v1/callbacks/{id}/links",
         .operation = "createCallbackLink",
         .role = Role::operator_,
         .tag = "callbacks",
         .summary = "Make a link that lets whoever holds it answer, without signing in",
         .description = "Good until the task ends, or `expires_at`. What stands behind the '#' is "
                        "what `X-Stepwell-Link` takes.",
         .body = json_body(R"json({"type": "object", "additionalProperties": false, "properties": {
             "scope": {"type": "string", "enum": ["decide", "result"], "default": "decide",
               "description": "decide: approve or reject; result: also to send any result"},
             "expires_in": {"type": "integer", "minimum": 60, "maximum": 2592000, "default": 604800,
               "description": "seconds"}}})json"),
         .answer = R"json({"type": "object", "required": ["path", "url", "scope", "expires_at"],
             "properties": {"path": {"type": "string"},
             "url": {"type": "string", "description": "by the configuration's public_url"},
             "scope": {"type": "string", "enum": ["decide", "result"]},
             "expires_at": {"type": "string", "format": "date-time"}}})json",
         .status = 201,
         .errors = {404, 409, 503},
         .read = [parts](const Call& call) { return new_link(parts, call); }});
}

}  // namespace stepwell::api
