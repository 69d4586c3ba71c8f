#include "api/triggers/routes.hpp"

#include "api/http/problem.hpp"
#include "api/router/paging.hpp"
#include "api/triggers/views.hpp"

namespace stepwell::api {
namespace {

constexpr const char* kClaim = R"json({
  "type": "object", "required": ["key", "at"],
  "properties": {
    "key": {"type": "string", "description": "what was taken: a fire's time, a file and its identity, a call's key"},
    "at": {"type": "string", "format": "date-time"},
    "run": {"type": "integer", "description": "the run that it started; absent where it started none"},
    "skipped": {"type": "string", "description": "why it started none: overlap, queue_full, too_many_waiting, no_workflow, refused, modified, error"},
    "scheduled_time": {"type": "string"},
    "uri": {"type": "string"}, "identity": {"type": "string"},
    "size": {"type": "integer"}, "mtime": {"type": "string"}}})json";

constexpr const char* kSchedule = R"json({
  "type": "object",
  "required": ["id", "workflow", "name", "kind", "expression", "timezone", "catchup", "overlap", "enabled", "paused", "queued", "next_fires"],
  "properties": {
    "id": {"type": "string", "description": "WORKFLOW#NAME"},
    "workflow": {"type": "string"}, "name": {"type": "string"},
    "kind": {"type": "string", "enum": ["cron", "rate", "at"]},
    "expression": {"type": "string"}, "timezone": {"type": "string"},
    "catchup": {"type": "string", "enum": ["none", "last", "all"]},
    "overlap": {"type": "string", "enum": ["allow", "skip", "queue", "cancel_running"]},
    "enabled": {"type": "boolean", "description": "what the file says"},
    "paused": {"type": "boolean"}, "paused_at": {"type": "string", "format": "date-time"},
    "queued": {"type": "integer", "description": "fires that wait for the run before them"},
    "next_fires": {"type": "array", "items": {"type": "string"}, "description": "in the schedule's time zone"},
    "last": {"$ref": "#/components/schemas/Claim"}}})json";

constexpr const char* kTrigger = R"json({
  "type": "object", "required": ["id", "workflow", "name", "kind", "enabled"],
  "properties": {
    "id": {"type": "string", "description": "WORKFLOW#NAME"},
    "workflow": {"type": "string"}, "name": {"type": "string"},
    "kind": {"type": "string", "enum": ["files", "webhook"]},
    "enabled": {"type": "boolean"},
    "files": {"type": "array", "items": {"type": "string"}},
    "stable_for_ms": {"type": "integer"},
    "identity": {"type": "string", "enum": ["content", "mtime_size", "path"]},
    "waiting": {"type": "integer", "description": "files that are there and have not started a run yet"},
    "fault": {"type": "string", "description": "what keeps it from working"},
    "url": {"type": "string"},
    "authentication": {"type": "string", "enum": ["token", "hmac"]},
    "last": {"$ref": "#/components/schemas/Claim"}}})json";

constexpr const char* kDeadline = R"json({
  "type": "object", "required": ["id", "workflow", "kind", "expression", "timezone", "status"],
  "properties": {
    "id": {"type": "string", "description": "WORKFLOW#NAME"}, "workflow": {"type": "string"},
    "kind": {"type": "string", "enum": ["start_by", "finish_by", "file_by"]},
    "expression": {"type": "string", "description": "cron: each fire is a deadline"},
    "timezone": {"type": "string"},
    "status": {"type": "string", "enum": ["waiting", "late", "met"], "description": "met: it was late, and has come since"},
    "next_due": {"type": "string", "description": "in its time zone"}, "late_due": {"type": "string"}, "met_at": {"type": "string"}}})json";

unsigned status_of(triggers::HookRefusal refusal) {
    switch (refusal) {
        case triggers::HookRefusal::unknown:
            return 404;
        case triggers::HookRefusal::unauthorized:
            return 401;
        case triggers::HookRefusal::invalid:
            return 400;
        case triggers::HookRefusal::conflict:
            return 409;
        case triggers::HookRefusal::unavailable:
            return 503;
    }
    return 500;
}

void call_hook(triggers::Triggers& triggers, runtime::Clock& clock, Call call) {
    triggers::HookCall hook;
    hook.name = call.path("name");
    hook.header = [&request = call.request()](const std::string& name) {
        return std::string(request.header(name));
    };
    hook.body = call.request().body();
    hook.now = clock.now();
    triggers.hook(hook, [call](const Result<runtime::Started, triggers::HookError>& started) {
        if (!started) {
            const triggers::HookError& error = started.error();
            return call.respond(problem(status_of(error.refusal), error.message));
        }
        call.answer(Json{{"run", value_of(started->id)},
                         {"name", started->name},
                         {"started_at", to_iso8601(started->started_at)},
                         {"is_new", started->is_new}});
    });
}

void set_paused(triggers::Triggers& triggers, Readers& readers, Call call, bool is_paused) {
    const auto id = [&]() -> Result<std::string> {
        auto reader = SW_TRY(readers.take());
        return find_schedule(*reader, call.path("id"));
    }();
    if (!id) return call.respond(problem(id.error()));
    triggers.pause(*id, is_paused, [call, id = *id, is_paused](const Result<void>& done) {
        if (!done) return call.respond(problem(done.error()));
        call.answer(Json{{"id", id}, {"paused", is_paused}});
    });
}

void add_pause_route(Router& router, triggers::Triggers& triggers, Readers& readers,
                     bool is_paused) {
    router.add(
        {.method = "POST",
         .pattern = std::string("/api/v1/schedules/{id}/") + (is_paused ? "pause" : "resume"),
         .operation = is_paused ? "pauseSchedule" : "resumeSchedule",
         .role = Role::operator_,
         .tag = "schedules",
         .summary =
             is_paused ? "Stop a schedule until it is resumed" : "Let a paused schedule go on",
         .description = "`id`: WORKFLOW#NAME with the '#' as %23, or WORKFLOW:NAME. What falls "
                        "into a pause is not made up for.",
         .body = json_body(R"({"type": "object", "additionalProperties": false})"),
         .answer = R"({"type": "object", "required": ["id", "paused"], "properties": {
                    "id": {"type": "string"}, "paused": {"type": "boolean"}}})",
         .act = [&triggers, &readers, is_paused](Call call) {
             set_paused(triggers, readers, std::move(call), is_paused);
         }});
}

void add_schedule_routes(Router& router, triggers::Triggers& triggers, Readers& readers,
                         runtime::Clock& clock) {
    router.add({.method = "GET",
                .pattern = "/api/v1/schedules",
                .operation = "listSchedules",
                .tag = "schedules",
                .summary = "Schedules, with their next fires",
                .query = page_parameters(
                    {integer_parameter("fires", "how many fires to list for each", 0, 100, 3)}),
                .answer = snapshot_schema(R"({"$ref": "#/components/schemas/Schedule"})"),
                .read = [&readers, &clock](const Call& call) -> Result<Json> {
                    const auto count = static_cast<std::size_t>(*call.integer("fires"));
                    return snapshot_of(readers, [&](runtime::Reader& reader) -> Result<Json> {
                        return page_of(call, SW_TRY(schedules_view(reader, clock.now(), count)),
                                       "id");
                    });
                }});
    add_pause_route(router, triggers, readers, true);
    add_pause_route(router, triggers, readers, false);
    router.add({.method = "GET",
                .pattern = "/api/v1/deadlines",
                .operation = "listDeadlines",
                .tag = "schedules",
                .summary = "Deadlines, and which are late",
                .query = page_parameters(),
                .answer = snapshot_schema(R"({"$ref": "#/components/schemas/Deadline"})"),
                .read = [&readers, &clock](const Call& call) -> Result<Json> {
                    return snapshot_of(readers, [&](runtime::Reader& reader) -> Result<Json> {
                        return page_of(call, SW_TRY(deadlines_view(reader, clock.now())), "id");
                    });
                }});
}

void add_trigger_routes(Router& router, triggers::Triggers& triggers, Readers& readers) {
    router.add({.method = "GET",
                .pattern = "/api/v1/triggers",
                .operation = "listTriggers",
                .tag = "triggers",
                .summary = "File triggers and webhooks",
                .query = page_parameters(),
                .answer = snapshot_schema(R"({"$ref": "#/components/schemas/Trigger"})", R"(
                    "starting": {"type": "integer", "description": "starts that the engine has not taken yet"},
                    "trouble": {"type": "string", "description": "why it did not take the last one it refused"},)"),
                .read = [&triggers, &readers](const Call& call) -> Result<Json> {
                    const triggers::Status status = triggers.status();
                    return snapshot_of(readers, [&](runtime::Reader& reader) -> Result<Json> {
                        return page_of(call, SW_TRY(triggers_view(reader, &status)), "id");
                    });
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/triggers/{id}/ledger",
                .operation = "listTriggerLedger",
                .tag = "triggers",
                .summary = "What a trigger has taken, newest first",
                .description =
                    "Of a file trigger, a webhook or a schedule. `id`: WORKFLOW#NAME with "
                    "the '#' as %23, or WORKFLOW:NAME.",
                .query = {integer_parameter("limit", "how many at most", 1, 1'000, 100),
                          text_parameter("after", "`next` of the page before", 32)},
                .answer = R"({"type": "object", "required": ["trigger", "items"], "properties": {
                    "trigger": {"type": "string"},
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Claim"}},
                    "next": {"type": "string", "description": "give it as `after`; absent on the last page"}}})",
                .read = [&readers](const Call& call) -> Result<Json> {
                    auto reader = SW_TRY(readers.take());
                    return ledger_view(*reader, call.path("id"),
                                       static_cast<std::size_t>(*call.integer("limit")),
                                       call.text("after"));
                }});
}

}  // namespace

void add_start_routes(Router& router, triggers::Triggers& triggers, Readers& readers,
                      runtime::Clock& clock) {
    router.add_schema("Claim", kClaim);
    router.add_schema("Schedule", kSchedule);
    router.add_schema("Trigger", kTrigger);
    router.add_schema("Deadline", kDeadline);
    add_schedule_routes(router, triggers, readers, clock);
    add_trigger_routes(router, triggers, readers);
    router.add(
        {.method = "POST",
         .pattern = "/hooks/{name}",
         .operation = "callHook",
         .role = Role::none,
         .tag = "hooks",
         .summary = "Start the run of a webhook",
         .description = "The caller shows the webhook's own token (`Authorization: Bearer`, or "
                        "`X-Stepwell-Token`) or signs the body; the body becomes the run's "
                        "input. With an idempotency key the call may be repeated.",
         // More than an input may have: what is too long is told as a fault of the input.
         .body = at_most(512u << 10, raw_body({})),
         .answer =
             R"({"type": "object", "required": ["run", "name", "started_at", "is_new"], "properties": {
                    "run": {"type": "integer"}, "name": {"type": "string"},
                    "started_at": {"type": "string", "format": "date-time"},
                    "is_new": {"type": "boolean", "description": "false: a repetition of an earlier call"}}})",
         .status = 202,
         .errors = {401, 404, 409},
         .act = [&triggers, &clock](Call call) { call_hook(triggers, clock, std::move(call)); }});
}

}  // namespace stepwell::api
