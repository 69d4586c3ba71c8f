// Runs: show, start, stop, history.
#include "api/http/problem.hpp"
#include "api/read/views.hpp"
#include "api/router/paging.hpp"
#include "api/system/routes.hpp"

namespace stepwell::api {
namespace {

using RunAnswer = Result<Json>(runtime::Reader&, const Call&);

std::function<Result<Json>(const Call&)> snapshot(Readers& readers, RunAnswer* answer) {
    return [&readers, answer](const Call& call) {
        return snapshot_of(readers, [&](runtime::Reader& reader) { return answer(reader, call); });
    };
}

std::optional<std::string> text_member(const Json& body, std::string_view name) {
    const Json* found = find(body, name);
    return found && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

/// Of a page. Events of one run may hold 256 KiB each.
constexpr std::size_t kHistoryBytesMax = 4u << 20;

Result<Json> read_history(runtime::Reader& reader, const Call& call) {
    const ExecutionId id = SW_TRY(reader.find(call.path("run")));
    runtime::HistoryQuery query;
    query.limit = static_cast<std::size_t>(*call.integer("limit"));
    query.bytes_max = kHistoryBytesMax;
    query.has_lines = call.flag("lines");
    query.token = call.text("after");
    query.is_reversed = call.flag("newest_first");
    query.include_data = !call.flag("without_data");
    auto page = SW_TRY(reader.history(id, query));
    Json out{{"run", value_of(id)}, {"items", Json::array()}};
    if (query.has_lines) out["lines"] = Json::array();
    for (Json& event : page.items) {
        if (query.has_lines) {
            out["lines"].push_back(std::move(event["line"]));
            event.erase("line");
        }
        out["items"].push_back(std::move(event));
    }
    if (page.next) out["next"] = *page.next;
    return out;
}

Result<Json> read_run(runtime::Reader& reader, const Call& call) {
    return run_view(reader, call.path("run"));
}

Result<Json> read_states(runtime::Reader& reader, const Call& call) {
    StatesQuery query;
    query.definition_path = call.text("definition_path").value_or("");
    query.path = call.text("path").value_or("");
    query.status = call.text("status").value_or("");
    query.after = SW_TRY(position_in(call));
    query.limit = static_cast<std::size_t>(*call.integer("limit"));
    return states_view(reader, call.path("run"), query);
}

/// The text of a 410, where the run of a path was there once.
std::optional<std::string> departed_run(Readers& readers, const Call::Values& path) {
    for (const auto& [name, value] : path) {
        if (name != "run" && name != "subject") continue;
        auto reader = readers.take();
        const auto was_removed = reader ? (*reader)->was_removed(value) : false;
        if (!was_removed || !*was_removed) continue;
        return "expected a run '" + value +
               "', but it is not kept any more: it ended long ago, and retention has removed it";
    }
    return std::nullopt;
}

constexpr const char* kIdempotencyKey = "Idempotency-Key";

void start_run(runtime::Engine& engine, const StartPause& pause, Call call) {
    if (const auto wait = pause(who_is(call.principal()))) {
        return call.respond(too_often("no more values of secrets in what starts runs", *wait));
    }
    const Json& body = call.body();
    runtime::StartRequest request;
    request.workflow = string_or(body, "workflow", "");
    request.name = text_member(body, "name");
    request.principal = who_is(call.principal());
    request.adopts_existing = true;
    if (const std::string key(call.header(kIdempotencyKey)); !key.empty()) {
        // Of each party its own.
        request.claims.push_back({kStartKeys + request.principal, key, "{}"});
        request.claims_are_exact = true;
    }
    if (const Json* input = find(body, "input")) request.input = Payload(*input);
    const std::string workflow = request.workflow;
    engine.start_execution(std::move(request), [call, workflow](Result<runtime::Started> started) {
        if (!started && started.error().code == ErrorCode::not_found) {
            return call.respond(problem({ErrorCode::not_found, "expected a workflow '" + workflow +
                                                                   "', but there is none"}));
        }
        if (!started) return call.respond(problem(started.error()));
        call.answer(Json{{"run", value_of(started->id)},
                         {"name", started->name},
                         {"arn", started->arn},
                         {"started_at", to_iso8601(started->started_at)},
                         {"is_new", started->is_new}},
                    "/api/v1/runs/" + std::to_string(value_of(started->id)),
                    started->is_new ? 201 : 200);
    });
}

void stop_run(runtime::Engine& engine, Readers& readers, Call call) {
    const auto id = [&]() -> Result<ExecutionId> {
        auto reader = SW_TRY(readers.take());
        const ExecutionId found = SW_TRY(reader->find(call.path("run")));
        if (auto refused = stop_refusal(SW_TRY(reader->summary(found))))
            return fail(*std::move(refused));
        return found;
    }();
    if (!id) return call.respond(problem(id.error()));
    core::StopExecution how{text_member(call.body(), "error"), text_member(call.body(), "cause")};
    engine.stop_execution(*id, std::move(how), [call](Result<Timestamp> at) {
        if (!at) return call.respond(problem(at.error()));
        call.answer(Json{{"stopped_at", to_iso8601(*at)}});
    });
}

void add_reading_routes(Router& router, Readers& readers) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/runs/{run}",
         .operation = "getRun",
         .tag = "runs",
         .summary = "A run, its input, output and states",
         .description = "`run`: its number, its ARN, or WORKFLOW/NAME with the slash as %2F.",
         .answer = R"({"$ref": "#/components/schemas/RunDetails"})",
         .read = snapshot(readers, read_run)});
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/runs/{run}/history",
         .operation = "listRunHistory",
         .tag = "runs",
         .summary = "A run's events, oldest first",
         .description = "A page has 4 MiB at most: it may be shorter than `limit`, and still have "
                        "a `next`.",
         .query = {integer_parameter("limit", "how many at most", 1, 1'000, 100),
                   text_parameter("after", "`next` of the page before", 200),
                   flag_parameter("newest_first", "in the other order"),
                   flag_parameter("without_data", "without inputs and outputs"),
                   flag_parameter("lines", "with `lines`: each event as a line for people")},
         .answer = R"({"type": "object", "required": ["run", "items", "as_of"], "properties": {
                    "as_of": {"$ref": "#/components/schemas/AsOf"},
                    "run": {"type": "integer"},
                    "next": {"type": "string"},
                    "items": {"type": "array", "items": {"type": "object", "additionalProperties": true},
                        "description": "as GetExecutionHistory shows them"},
                    "lines": {"type": "array", "items": {"type": "string"},
                        "description": "the same, a line each"}}})",
         .read = snapshot(readers, read_history)});
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/runs/{run}/states",
         .operation = "listRunStates",
         .tag = "runs",
         .summary = "What a run's states did, in the order in which they were entered",
         .description = "An entry for each time that a state was entered. A task's `attempts` have "
                        "their times: what lies between `scheduled_at` and `started_at` it waited "
                        "for others. With `frame` and `attempt` its log is found.",
         .query = {text_parameter("definition_path", "only of this state", 2'000),
                   text_parameter("path", "only this one, with the items of Maps", 2'000),
                   choice_parameter("status", "only these",
                                    {"running", "succeeded", "caught", "failed", "aborted"}),
                   integer_parameter("limit", "how many at most", 1, 10'000, 1'000),
                   text_parameter("after", "`next` of the page before", 200)},
         .answer =
             R"({"type": "object", "required": ["run", "status", "items", "as_of"], "properties": {
                    "as_of": {"$ref": "#/components/schemas/AsOf"},
                    "run": {"type": "integer"}, "status": {"type": "string"},
                    "next": {"type": "string", "description": "give it as `after`; absent on the last page"},
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/State"}}}})",
         .read = snapshot(readers, read_states)});
}

}  // namespace

void add_run_routes(Router& router, runtime::Engine& engine, Readers& readers, StartPause pause) {
    router.add(
        {.method = "POST",
         .pattern = "/api/v1/runs",
         .operation = "startRun",
         .role = Role::operator_,
         .tag = "runs",
         .summary = "Start a run",
         .description =
             "With a `name` the start may be repeated, also when the run has ended: it then "
             "answers "
             "200 with the run that is there. The same name with another input is a conflict. "
             "An Idempotency-Key does the same without naming the run: each party has keys of its "
             "own, kept for 30 days at least, and longer where the run is. Whoever puts values of "
             "secrets into inputs again and again starts nothing for a while: 429.",
         .headers = {text_parameter(kIdempotencyKey, "the same start under the same key is one",
                                    200)},
         .body = json_body(R"json({
            "type": "object", "required": ["workflow"], "additionalProperties": false,
            "properties": {
                "workflow": {"type": "string", "minLength": 1, "maxLength": 80},
                "name": {"type": "string", "minLength": 1, "maxLength": 80,
                    "pattern": "^[^\\u0000-\\u0020\\u007f-\\u009f<>{}\\[\\]?*\"#%\\\\^|~`$&,;:/]+$"},
                "input": {"description": "any JSON value; {} where it is absent"}}})json",
                           true),
         .answer =
             R"({"type": "object", "required": ["run", "name", "arn", "started_at", "is_new"], "properties": {
            "is_new": {"type": "boolean", "description": "false: a repetition, and the run was there"},
            "run": {"type": "integer"}, "name": {"type": "string"}, "arn": {"type": "string"},
            "started_at": {"type": "string", "format": "date-time"}}})",
         .status = 201,
         .repeated = 200,
         .errors = {404, 409, 429},
         .act = [&engine, pause = std::move(pause)](
                    Call call) { start_run(engine, pause, std::move(call)); },
         .is_quick = true});
    router.add(
        {.method = "POST",
         .pattern = "/api/v1/runs/{run}/stop",
         .operation = "stopRun",
         .role = Role::operator_,
         .tag = "runs",
         .summary = "Stop a run",
         .description = "One that has ended is a conflict.",
         .body = json_body(R"({
                    "type": "object", "additionalProperties": false, "properties": {
                        "error": {"type": "string", "maxLength": 256},
                        "cause": {"type": "string", "maxLength": 32768}}})"),
         .answer = R"({"type": "object", "required": ["stopped_at"], "properties": {
                    "stopped_at": {"type": "string", "format": "date-time"}}})",
         .errors = {409},
         .act = [&engine, &readers](Call call) { stop_run(engine, readers, std::move(call)); }});
    add_reading_routes(router, readers);
    router.on_missing([&readers](const Call::Values& path) { return departed_run(readers, path); });
}

}  // namespace stepwell::api
