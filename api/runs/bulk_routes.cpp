// Many runs at once: stop, redrive.
#include "api/home/routes.hpp"
#include "api/read/views.hpp"
#include "api/runs/bulk.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::string_view kWhich =
    "Which runs: `runs` in the body, or the conditions of the list in the query, of which there "
    "has to be one. Of those that fit, `limit` are looked at, the newest first; with `next` as "
    "`after` the others follow. Each is done or refused for itself. The audit log has one entry, "
    "with the conditions and the counts.";

/// `members`: what else the body may have, a comma in front of each.
Body bulk_body(std::string_view members) {
    return json_body(R"({"type": "object", "additionalProperties": false, "properties": {
        "runs": {"type": "array", "minItems": 1, "maxItems": 1000,
            "description": "each by its number, name, ARN, or WORKFLOW/NAME",
            "items": {"type": ["string", "integer"], "minLength": 1,
                "maxLength": 2000}})" +
                     std::string(members) + "}}");
}

BulkDeed redrive_deed(runtime::Engine& engine, AnswerSources& sources) {
    BulkDeed deed;
    deed.statuses = {core::Status::failed, core::Status::timed_out, core::Status::aborted};
    deed.part = 8;  // their whole histories are in memory meanwhile
    deed.refusal = [&engine, &sources](
                       runtime::Reader& reader,
                       const runtime::ExecutionSummary& run) -> Result<std::optional<Error>> {
        const std::string why =
            runtime::redrive_refusal(runtime::redrive_case(SW_TRY(reader.describe(run.id))),
                                     engine.redrive_policy(), sources.clock.now());
        if (why.empty()) return std::optional<Error>();
        return std::optional(Error{ErrorCode::conflict, why});
    };
    return deed;
}

void redrive_one(runtime::Engine& engine, runtime::Reader& reader, ExecutionId run,
                 const std::string& client_token, runtime::Answer<Json> answer) {
    runtime::RedriveRequest request;
    request.id = run;
    request.client_token = client_token;
    auto rebuilt = reader.rebuild(run);
    if (!rebuilt) return answer(fail(rebuilt.error()));
    request.rebuilt = *std::move(rebuilt);
    engine.redrive_execution(std::move(request), [answer = std::move(answer)](
                                                     const Result<runtime::Redriven>& redriven) {
        if (!redriven) return answer(fail(redriven.error()));
        answer(Json{{"redriven_at", to_iso8601(redriven->at)},
                    {"redrives", redriven->count},
                    {"new", redriven->is_new}});
    });
}

void stop_many(runtime::Engine& engine, AnswerSources& sources, const Call& call) {
    BulkDeed deed;
    deed.statuses = {core::Status::running};
    deed.refusal = [](runtime::Reader&, const runtime::ExecutionSummary& run) {
        return Result<std::optional<Error>>(stop_refusal(run));
    };
    core::StopExecution how;
    if (const Json* error = find(call.body(), "error")) how.error = error->get<std::string>();
    if (const Json* cause = find(call.body(), "cause")) how.cause = cause->get<std::string>();
    deed.act = [&engine, how](runtime::Reader&, ExecutionId run, runtime::Answer<Json> answer) {
        engine.stop_execution(run, how, [answer = std::move(answer)](const Result<Timestamp>& at) {
            if (!at) return answer(fail(at.error()));
            answer(Json{{"stopped_at", to_iso8601(*at)}});
        });
    };
    carry_out(sources, std::move(deed), call);
}

void redrive_many(runtime::Engine& engine, AnswerSources& sources, const Call& call) {
    BulkDeed deed = redrive_deed(engine, sources);
    const std::string client_token = string_or(call.body(), "client_token", "");
    deed.act = [&engine, client_token](runtime::Reader& reader, ExecutionId run,
                                       runtime::Answer<Json> answer) {
        redrive_one(engine, reader, run, client_token, std::move(answer));
    };
    carry_out(sources, std::move(deed), call);
}

}  // namespace

void add_bulk_routes(Router& router, AnswerSources& sources, runtime::Engine& engine) {
    router.add(
        {.method = "POST",
         .pattern = "/api/v1/bulk/stop",
         .operation = "stopRuns",
         .role = Role::operator_,
         .tag = "runs",
         .summary = "Stop many runs; says what was done and what was refused, and why",
         .description = std::string(kWhich) + " Only runs that go on are looked at.",
         .query = bulk_parameters(),
         .body = bulk_body(R"(, "error": {"type": "string", "maxLength": 256},
            "cause": {"type": "string", "maxLength": 32768})"),
         .answer = bulk_schema(
             R"("stopped_at": {"type": "string", "format": "date-time", "description": "absent in a preview"})"),
         .errors = {404},
         .act = [&engine, &sources](const Call& call) { stop_many(engine, sources, call); }});
    router.add(
        {.method = "POST",
         .pattern = "/api/v1/bulk/redrive",
         .operation = "redriveRuns",
         .role = Role::operator_,
         .tag = "runs",
         .summary = "Let many runs go on; says what was done and what was refused, and why",
         .description = std::string(kWhich) +
                        " Only runs that failed, timed out or were stopped are looked at. With a "
                        "`client_token` the request may be repeated for 15 minutes.",
         .query = bulk_parameters(),
         .body = bulk_body(R"(, "client_token": {"type": "string", "minLength": 1, "maxLength": 64,
            "pattern": "^[!-~]+$"})"),
         .answer = bulk_schema(
             R"("redriven_at": {"type": "string", "format": "date-time", "description": "absent in a preview"},
                "redrives": {"type": "integer", "description": "of the run so far"},
                "new": {"type": "boolean", "description": "false: a repetition"})"),
         .errors = {404},
         .act = [&engine, &sources](const Call& call) { redrive_many(engine, sources, call); }});
}

}  // namespace stepwell::api::answers
