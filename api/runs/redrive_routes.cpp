// Redrives of runs.
#include "api/http/problem.hpp"
#include "api/system/routes.hpp"

namespace stepwell::api {
namespace {

Result<runtime::RedriveRequest> request_of(Readers& readers, const Call& call) {
    auto reader = SW_TRY(readers.take());
    runtime::RedriveRequest request;
    request.id = SW_TRY(reader->find(call.path("run")));
    request.client_token = string_or(call.body(), "client_token", "");
    request.rebuilt = SW_TRY(reader->rebuild(request.id));
    return request;
}

void redrive_run(runtime::Engine& engine, Readers& readers, Call call) {
    auto request = request_of(readers, call);
    if (!request) return call.respond(problem(request.error()));
    engine.redrive_execution(*std::move(request),
                             [call](const Result<runtime::Redriven>& redriven) {
                                 if (!redriven) return call.respond(problem(redriven.error()));
                                 call.answer(Json{{"redriven_at", to_iso8601(redriven->at)},
                                                  {"redrives", redriven->count},
                                                  {"is_new", redriven->is_new}});
                             });
}

}  // namespace

void add_redrive_routes(Router& router, runtime::Engine& engine, Readers& readers) {
    router.add(
        {.method = "POST",
         .pattern = "/api/v1/runs/{run}/redrive",
         .operation = "redriveRun",
         .role = Role::operator_,
         .tag = "runs",
         .summary = "Let a run go on that failed, timed out or was stopped",
         .description =
             "It keeps its name, version and input; what had succeeded is kept, what had not runs "
             "again. With a `client_token` the request may be repeated for 15 minutes.",
         .body = json_body(R"({
            "type": "object", "additionalProperties": false, "properties": {
                "client_token": {"type": "string", "minLength": 1, "maxLength": 64,
                    "pattern": "^[!-~]+$"}}})"),
         .answer = R"({"type": "object", "required": ["redriven_at", "redrives", "is_new"],
            "properties": {
                "redriven_at": {"type": "string", "format": "date-time"},
                "redrives": {"type": "integer", "minimum": 1, "description": "of the run so far"},
                "is_new": {"type": "boolean", "description": "false: a repetition"}}})",
         .errors = {404, 409},
         .act = [&engine, &readers](Call call) { redrive_run(engine, readers, std::move(call)); }});
}

}  // namespace stepwell::api
