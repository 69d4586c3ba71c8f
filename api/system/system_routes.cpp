// What tells of the daemon itself, and the door of the AWS API.
#include <chrono>
#include <memory>
#include <mutex>

#include "api/http/problem.hpp"
#include "api/system/commit_watch.hpp"
#include "api/system/routes.hpp"

namespace stepwell::api {
namespace {

/// Printed when it is first asked for: by then all routes are there.
class Document {
public:
    Document(const Router& router, std::string version)
        : router_(router), version_(std::move(version)) {}
    const std::string& text() {
        std::call_once(once_, [this] { text_ = to_text(router_.openapi(version_)); });
        return text_;
    }

private:
    const Router& router_;
    const std::string version_;
    std::once_flag once_;
    std::string text_;
};

/// SDKs read an error's name from `__type`, and give up where there is none.
void refuse_in_aws_words(const Request& request, Refusal& refusal) {
    const bool has_shown_nothing = request.header("Authorization").empty();
    const char* const type = refusal.status == 403   ? "AccessDeniedException"
                             : refusal.status == 429 ? "ThrottlingException"
                             : has_shown_nothing     ? "MissingAuthenticationTokenException"
                                                     : "UnrecognizedClientException";
    refusal.content_type = "application/x-amz-json-1.0";
    refusal.body = to_text(Json{{"__type", type}, {"message", refusal.message}});
}

}  // namespace

void add_aws_route(Router& router, aws::Api& aws) {
    router.add({.method = "POST",
                .pattern = "/",
                .operation = "callStepFunctions",
                .tag = "aws",
                .summary = "The AWS Step Functions API, as SDKs and the AWS CLI speak it",
                .description = "`X-Amz-Target: AWSStepFunctions.ACTION` and a JSON body. The role "
                               "depends on the action.",
                .body = raw_body({"application/x-amz-json-1.0"}),
                .answer_type = "application/x-amz-json-1.0",
                .errors = {400, 401, 403, 413, 500, 503},
                .role_of =
                    [](const Request& request) {
                        return aws::Api::role_of(request.header("X-Amz-Target"));
                    },
                .handle = [&aws](Request& request,
                                 Responder respond) { aws.handle(request, std::move(respond)); },
                .on_refusal = refuse_in_aws_words,
                // A start is a message to the engine; what looks, and what changes a state machine,
                // reads first.
                .is_quick_for =
                    [](const Request& request) {
                        return request.header("X-Amz-Target") == "AWSStepFunctions.StartExecution";
                    }});
}

namespace {

/// A commit takes milliseconds, and a second on a disk that is very busy.
constexpr Duration kCommitPatience{5'000};

/// Why the daemon should be sent nothing now; empty where it is ready.
Json reasons_against(Readers& readers, const runtime::Engine& engine, CommitWatch& commits) {
    Json reasons = Json::array();
    auto reader = readers.take();
    const auto end = reader ? (*reader)->feed_end() : fail(reader.error());
    if (!end) reasons.push_back({{"code", "JOURNAL"}, {"message", end.error().message}});
    const auto figures = engine.statistics();
    const auto now =
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
    if (commits.look(figures.turns, figures.inbox_messages, now)) {
        reasons.push_back(
            {{"code", "NO_COMMITS"},
             {"message",
              "nothing has become durable for some time, although something waits: the "
              "disk of the data folder may stand still"}});
    }
    if (figures.is_stalled) {
        reasons.push_back(
            {{"code", "JOURNAL_BUSY"},
             {"message", "the journal cannot be written for the moment: no run starts"}});
    }
    if (!figures.has_room) {
        reasons.push_back(
            {{"code", "DISK_FULL"},
             {"message", "the disk of the data folder is nearly full: no run starts"}});
    }
    return reasons;
}

void tell_whether_ready(Json reasons, const Call& call) {
    if (reasons.empty()) return call.answer(Json{{"status", "ready"}, {"reasons", reasons}});
    Response response =
        problem(503, "not_ready", reasons[0]["message"].get_ref<const std::string&>());
    Json document = *parse_json(response.body);
    document["reasons"] = std::move(reasons);
    response.body = to_text(document);
    call.respond(std::move(response));
}

void add_probe_routes(Router& router, Metrics& metrics, Readers& readers,
                      const runtime::Engine& engine) {
    router.add(
        {.method = "GET",
         .pattern = "/readyz",
         .operation = "checkReadiness",
         .role = Role::none,
         .tag = "system",
         .summary = "Whether it takes work: the journal answers and goes on, and the disk has room",
         .description = "503 with `reasons` where it does not.",
         .answer = R"({"type": "object", "required": ["status", "reasons"], "properties": {
                    "status": {"type": "string", "enum": ["ready"]},
                    "reasons": {"type": "array", "items": {"type": "object",
                        "properties": {"code": {"type": "string"}, "message": {"type": "string"}}}}}})",
         .act =
             [&readers, &engine,
              commits = std::make_shared<CommitWatch>(kCommitPatience)](const Call& call) {
                 tell_whether_ready(reasons_against(readers, engine, *commits), call);
             },
         .is_quick = true});
    router.add({.method = "GET",
                .pattern = "/metrics",
                .operation = "getMetrics",
                .tag = "system",
                .summary = "Counters, as Prometheus reads them",
                .answer = R"({"type": "string"})",
                .answer_type = "text/plain",
                .act = [&metrics](const Call& call) {
                    Response response;
                    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
                    response.body = metrics.text();
                    call.respond(std::move(response));
                }});
}

}  // namespace

void add_system_routes(Router& router, Metrics& metrics, Readers& readers,
                       const runtime::Engine& engine, std::string version) {
    add_probe_routes(router, metrics, readers, engine);
    router.on_answer([&metrics](const Exchange& exchange) { metrics.count(exchange); });
    router.add({.method = "GET",
                .pattern = "/healthz",
                .operation = "checkHealth",
                .role = Role::none,
                .tag = "system",
                .summary = "Whether the daemon lives",
                .answer = R"({"type": "object", "required": ["status"],
                    "properties": {"status": {"type": "string", "enum": ["ok"]}}})",
                .read = [](const Call&) -> Result<Json> {
                    return Json{{"status", "ok"}};
                },
                .is_quick = true});
    auto document = std::make_shared<Document>(router, std::move(version));
    router.add({.method = "GET",
                .pattern = "/api/v1/openapi.json",
                .operation = "getOpenApi",
                .tag = "system",
                .summary = "This document",
                .act = [document](const Call& call) {
                    Response response;
                    response.body = document->text();
                    call.respond(std::move(response));
                }});
}

}  // namespace stepwell::api
