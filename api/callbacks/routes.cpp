#include "api/callbacks/routes.hpp"

#include <utility>

#include "api/callbacks/answer.hpp"
#include "api/callbacks/waiting_tasks.hpp"
#include "api/router/paging.hpp"

namespace stepwell::api {
namespace {

constexpr const char* kCallback = R"json({
  "type": "object",
  "required": ["id", "run", "workflow", "name", "state", "kind", "resource", "taken", "since",
               "due", "heartbeat_due"],
  "properties": {
    "id": {"type": "string", "description": "of the attempt: another for each try; no secret"},
    "run": {"type": "integer"}, "workflow": {"type": "string"},
    "name": {"type": "string", "description": "of the run"},
    "state": {"type": "string"},
    "kind": {"type": "string", "enum": ["callback", "activity"]},
    "resource": {"type": "string"},
    "taken": {"type": "boolean", "description": "false: an activity that no worker has taken yet, or a task that waits for a slot"},
    "since": {"type": "string", "format": "date-time", "description": "when the state was entered"},
    "due": {"type": ["string", "null"], "format": "date-time", "description": "when its timeout ends it"},
    "heartbeat_due": {"type": ["string", "null"], "format": "date-time",
      "description": "when it ends unless somebody sends a heartbeat before"}}})json";

/// The kinds of answers, and what their bodies have beside what names the task.
struct Word {
    const char* name;
    const char* operation;  // of an answer by id
    const char* by_token;   // of one by token
    const char* summary;
    const char* members;  // of the body, each with a comma before it
    const char* required;
};
constexpr Word kWords[] = {
    {"success", "succeedCallback", "succeedTaskToken", "Let a task that waits succeed",
     R"(, "output": {"description": "the task's result: any JSON"})", R"(, "output")"},
    {"failure", "failCallback", "failTaskToken", "Let a task that waits fail",
     R"(, "error": {"type": "string", "maxLength": 256},
         "cause": {"type": "string", "maxLength": 32768})",
     ""},
    {"heartbeat", "beatCallback", "beatTaskToken",
     "Say that somebody is at work on a task: its heartbeat time begins anew", "", ""},
};

std::optional<std::string> text_in(const Json& body, const char* name) {
    const Json* value = find(body, name);
    if (!value || !value->is_string()) return std::nullopt;
    return value->get<std::string>();
}

Result<core::Input> said_in(std::string_view word, const TaskToken& token, const Json& body) {
    if (word == "heartbeat") return core::Input(core::TaskHeartbeat{token});
    if (word == "failure") {
        return core::Input(core::TaskFailed{token, text_in(body, "error"), text_in(body, "cause")});
    }
    Payload output = SW_TRY(Payload::from_text(to_text(*find(body, "output"))));
    return core::Input(core::TaskSucceeded{token, std::move(output)});
}

/// `token`: what was asked for, or why it is none.
Result<core::Input> said_of(std::string_view word, const Result<TaskToken>& token,
                            const Json& body) {
    if (!token) return fail(token.error());
    return said_in(word, *token, body);
}

Result<TaskToken> token_in(const runtime::Engine& engine, const Call& call) {
    const auto token = engine.task_token(string_or(call.body(), "token", ""));
    if (token) return *token;
    return fail(
        ErrorCode::invalid,
        "expected 'token' to be a task token of this daemon ($$.Task.Token), but it is not");
}

Body body_for(const Word& word, bool is_by_token) {
    const std::string token =
        is_by_token ? R"(, "token": {"type": "string", "minLength": 1, "maxLength": 2048})" : "";
    const std::string required = (is_by_token ? R"(, "token")" : "") + std::string(word.required);
    const std::string members = token + word.members;
    const auto list = [](const std::string& text) { return text.empty() ? text : text.substr(2); };
    std::string schema = R"({"type": "object", "additionalProperties": false, "properties": {)" +
                         list(members) + "}";
    if (!required.empty()) schema += R"(, "required": [)" + list(required) + "]";
    return json_body(schema + "}", !required.empty());
}

void add_answer(Router& router, runtime::Engine& engine, const Word& word) {
    router.add({.method = "POST",
                .pattern = std::string("/api/v1/callbacks/{id}/") + word.name,
                .operation = word.operation,
                .role = Role::operator_,
                .tag = "callbacks",
                .summary = word.summary,
                .headers = {text_parameter(std::string(kCallbackLinkHeader),
                                           "a signed link's text, in place of a credential")},
                .body = body_for(word, false),
                .status = 204,
                .errors = {404, 409, 410, 429},
                .act =
                    [&engine, name = word.name](const Call& call) {
                        answer_with(engine, said_of(name, attempt_in(call.path("id")), call.body()),
                                    call);
                    },
                .link = LinkScope::result});
    router.add({.method = "POST",
                .pattern = std::string("/api/v1/task-tokens/") + word.name,
                .operation = word.by_token,
                .role = Role::operator_,
                .tag = "callbacks",
                .summary = std::string(word.summary) + ", by its token",
                .description = "As the AWS API's SendTask operations. The token is in the body, as "
                               "paths are written to logs.",
                .body = body_for(word, true),
                .status = 204,
                .errors = {404, 409},
                .act = [&engine, name = word.name](const Call& call) {
                    answer_with(engine, said_of(name, token_in(engine, call), call.body()), call);
                }});
}

}  // namespace

void add_callback_routes(Router& router, runtime::Engine& engine, Readers& readers) {
    router.add_schema("Callback", kCallback);
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/callbacks",
         .operation = "listCallbacks",
         .tag = "callbacks",
         .summary = "Tasks that wait for somebody to say how they end",
         .description = "Of the newest runs first. Tokens are never listed.",
         .query = page_parameters({text_parameter("workflow", "only of this one")}),
         .answer = snapshot_schema(
             R"({"$ref": "#/components/schemas/Callback"})",
             R"("complete": {"type": "boolean", "description": "false: there are more open runs than were looked into"},)",
             R"(, "complete")"),
         .errors = {404, 503},
         .read = [&engine, &readers](const Call& call) -> Result<Json> {
             auto found =
                 SW_TRY(waiting_tasks(engine, readers, call.text("workflow"), items_needed(call)));
             return page_of(call, std::move(found), "id");
         }});
    for (const Word& word : kWords) add_answer(router, engine, word);
}

}  // namespace stepwell::api
