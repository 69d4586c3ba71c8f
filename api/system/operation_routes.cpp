#include "api/system/operation_routes.hpp"

#include <algorithm>

#include "api/http/problem.hpp"
#include "api/router/paging.hpp"
#include "api/runs/explain.hpp"
#include "api/system/storage.hpp"
#include "api/triggers/views.hpp"

namespace stepwell::api::operations {
namespace {

constexpr std::size_t kRunningMax = 20;
constexpr std::size_t kEndedMax = 20;

constexpr const char* kExplanation = R"json({
  "type": "object", "required": ["subject", "workflow", "code", "reasons", "passed", "at"],
  "properties": {
    "subject": {"type": "string", "enum": ["run", "workflow"]},
    "run": {"type": "integer"}, "name": {"type": "string"}, "workflow": {"type": "string"},
    "code": {"type": "string", "description": "of the first reason"},
    "reasons": {"type": "array", "items": {"type": "object", "required": ["code", "text"],
      "properties": {"code": {"type": "string"}, "text": {"type": "string"}}, "additionalProperties": true},
      "description": "what keeps it waiting first; beside code and text what belongs to them: holders, place, until, ..."},
    "passed": {"type": "array", "items": {"type": "object", "required": ["code", "text"],
      "properties": {"code": {"type": "string"}, "text": {"type": "string"}}, "additionalProperties": true},
      "description": "what it might have waited for, but does not"},
    "at": {"type": "string", "format": "date-time"}}})json";

constexpr const char* kPoolTasks = R"json({
  "type": "array", "items": {"type": "object",
    "required": ["run", "name", "workflow", "state", "since", "priority"],
    "properties": {"run": {"type": "integer"}, "name": {"type": "string"},
      "workflow": {"type": "string"}, "state": {"type": "string"},
      "since": {"type": "string", "format": "date-time"}, "priority": {"type": "integer"},
      "place": {"type": "integer"}}}})json";

/// This workflow's part of a list.
Json of_workflow(const Json& list, const char* member, const std::string& workflow) {
    Json own = Json::array();
    const Json* items = find(list, member);
    if (!items || !items->is_array()) return own;
    for (const Json& item : *items) {
        if (string_or(item, "workflow", "") == workflow) own.push_back(item);
    }
    return own;
}

Result<std::vector<runtime::ExecutionSummary>> newest_ended(runtime::Reader& reader,
                                                            const std::string& workflow) {
    runtime::ListQuery query;
    query.workflow = workflow;
    query.limit = kEndedMax;
    auto runs = SW_TRY(reader.list(query)).items;
    std::erase_if(runs, [](const auto& run) { return run.status == core::Status::running; });
    return runs;
}

Result<Json> workflow_explanation(const Sources& sources, const std::string& name) {
    auto reader = SW_TRY(sources.readers.take());
    WorkflowSnapshot snapshot;
    snapshot.now = sources.clock.now();
    snapshot.name = SW_TRY(reader->workflow(name)).workflow.name;
    snapshot.pause =
        runtime::pause_in(SW_TRY(reader->document(runtime::kPaused, snapshot.name)), snapshot.now);
    snapshot.has_room = sources.engine.statistics().has_room;
    runtime::ListQuery running;
    running.workflow = snapshot.name;
    running.status = core::Status::running;
    running.limit = kRunningMax;
    snapshot.running = SW_TRY(reader->list(running)).items;
    snapshot.ended = SW_TRY(newest_ended(*reader, snapshot.name));
    snapshot.gate = sources.gate.workflow(snapshot.name);
    const Json schedules = SW_TRY(schedules_view(*reader, snapshot.now, 1));
    snapshot.schedules = of_workflow(schedules, "items", snapshot.name);
    const triggers::Status status = sources.triggers.status();
    const Json triggers = SW_TRY(triggers_view(*reader, &status));
    snapshot.triggers = of_workflow(triggers, "items", snapshot.name);
    return explain_workflow(snapshot);
}

Result<runtime::ExecutionSummary> summary_of(const Sources& sources, const std::string& run) {
    auto reader = SW_TRY(sources.readers.take());
    const ExecutionId id = SW_TRY(reader->find(run));
    return SW_TRY(reader->describe(id)).summary;
}

void explain_open_run(const Sources& sources, runtime::ExecutionSummary run, const Call& call) {
    const ExecutionId id = run.id;
    sources.engine.inspect(id, [&sources, run = std::move(run),
                                call](const Result<runtime::Inspection>& open) {
        RunSnapshot snapshot;
        snapshot.run = run;
        snapshot.now = sources.clock.now();
        if (open) {
            snapshot.open = *open;
            snapshot.gate = sources.gate.run(run.id);
            snapshot.workflow = sources.gate.workflow(run.workflow_name);
            snapshot.pools = sources.gate.pools();
        } else if (open.error().code == ErrorCode::not_found) {
            return call.answer(fail(ErrorCode::unavailable, "the run ended just now; ask again"));
        } else {
            snapshot.open.is_quarantined = true;
        }
        call.answer(explain_run(snapshot));
    });
}

void run_explanation(const Sources& sources, const std::string& text, const Call& call) {
    auto run = summary_of(sources, text);
    if (!run) return call.answer(fail(run.error()));
    if (run->status == core::Status::running) {
        return explain_open_run(sources, *std::move(run), call);
    }
    RunSnapshot snapshot;
    snapshot.run = *std::move(run);
    snapshot.now = sources.clock.now();
    call.answer(explain_run(snapshot));
}

void add_explain_routes(Router& router, const Sources& sources) {
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/{run}/explain",
                .operation = "explainRun",
                .tag = "operations",
                .summary = "Why a run does not go on",
                .description = "Reasons with stable codes; see docs/operations.md.",
                .answer = R"({"$ref": "#/components/schemas/Explanation"})",
                .errors = {404, 503},
                .act = [&sources](const Call& call) {
                    run_explanation(sources, call.path("run"), call);
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows/{workflow}/explain",
                .operation = "explainWorkflow",
                .tag = "operations",
                .summary = "Why a workflow does not start",
                .answer = R"({"$ref": "#/components/schemas/Explanation"})",
                .errors = {404},
                .read = [&sources](const Call& call) -> Result<Json> {
                    return workflow_explanation(sources, call.path("workflow"));
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/explain/{subject}",
                .operation = "explain",
                .tag = "operations",
                .summary = "Why a workflow does not start or a run does not go on",
                .description = "A workflow where there is one of that name, else a run.",
                .answer = R"({"$ref": "#/components/schemas/Explanation"})",
                .errors = {404, 410, 503},
                .act = [&sources](const Call& call) {
                    const auto workflow = workflow_explanation(sources, call.path("subject"));
                    const bool is_none = !workflow && workflow.error().code == ErrorCode::not_found;
                    if (!is_none) return call.answer(workflow);
                    const std::string& subject = call.path("subject");
                    const auto run = summary_of(sources, subject);
                    if (!run && run.error().code == ErrorCode::not_found) {
                        return call.answer(
                            fail(ErrorCode::not_found, "expected a workflow or a run '" + subject +
                                                           "', but there is neither"));
                    }
                    run_explanation(sources, subject, call);
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/pools",
                .operation = "listPools",
                .tag = "operations",
                .summary = "Pools: who holds their slots, and who waits",
                .query = page_parameters(),
                .answer = list_schema(std::string(R"json({"type": "object",
                    "required": ["name", "slots", "working", "waiting", "waiting_count"],
                    "properties": {"name": {"type": "string"}, "slots": {"type": "integer"},
                    "waiting_count": {"type": "integer"}, "working": )json") +
                                      kPoolTasks + R"(, "waiting": )" + kPoolTasks + "}}"),
                .read = [&sources](const Call& call) -> Result<Json> {
                    return page_of(call, pools_view(sources.gate.pools()), "name");
                }});
}

void write_pause(const Sources& sources, const Call& call, journal::DocumentWrite write,
                 Json answer) {
    runtime::Writes writes;
    writes.documents.push_back(std::move(write));
    sources.engine.write(std::move(writes),
                         [call, answer = std::move(answer)](const Result<void>& done) {
                             if (!done) return call.answer(fail(done.error()));
                             call.answer(answer);
                         });
}

Result<std::string> workflow_name(const Sources& sources, const std::string& text) {
    auto reader = SW_TRY(sources.readers.take());
    return SW_TRY(reader->workflow(text)).workflow.name;
}

void pause(const Sources& sources, const Call& call) {
    const auto workflow = workflow_name(sources, call.path("workflow"));
    if (!workflow) return call.answer(fail(workflow.error()));
    runtime::Pause pause;
    pause.at = sources.clock.now();
    pause.by = who_is(call.principal());
    pause.note = string_or(call.body(), "note", "");
    Json answer{{"workflow", *workflow}, {"paused", true}};
    if (const std::string until = string_or(call.body(), "until", ""); !until.empty()) {
        const auto instant = parse_rfc3339(until);
        if (!instant) {
            return call.answer(fail(ErrorCode::invalid,
                                    "expected 'until' to be a time such as "
                                    "2024-01-02T03:04:05Z, but got '" +
                                        until + "'"));
        }
        pause.until = from_ms(instant->seconds * 1'000);
        answer["until"] = to_iso8601(*pause.until);
    }
    write_pause(sources, call, to_write(pause, *workflow), std::move(answer));
}

void add_pause_routes(Router& router, const Sources& sources) {
    const std::string answer = R"({"type": "object", "required": ["workflow", "paused"],
        "properties": {"workflow": {"type": "string"}, "paused": {"type": "boolean"},
                       "until": {"type": "string", "format": "date-time"}}})";
    router.add({.method = "POST",
                .pattern = "/api/v1/workflows/{workflow}/pause",
                .operation = "pauseWorkflow",
                .role = Role::operator_,
                .tag = "operations",
                .summary = "Let schedules and file triggers of a workflow start nothing",
                .description = "What they were to start waits. Starts by the API, the CLI and "
                               "webhooks go on.",
                .body = json_body(R"({"type": "object", "additionalProperties": false,
                    "properties": {"until": {"type": "string", "format": "date-time"},
                                   "note": {"type": "string", "maxLength": 500}}})"),
                .answer = answer,
                .errors = {404},
                .act = [&sources](const Call& call) { pause(sources, call); }});
    router.add({.method = "POST",
                .pattern = "/api/v1/workflows/{workflow}/resume",
                .operation = "resumeWorkflow",
                .role = Role::operator_,
                .tag = "operations",
                .summary = "Let a paused workflow start by itself again",
                .body = json_body(R"({"type": "object", "additionalProperties": false})"),
                .answer = answer,
                .errors = {404},
                .act = [&sources](const Call& call) {
                    const auto workflow = workflow_name(sources, call.path("workflow"));
                    if (!workflow) return call.answer(fail(workflow.error()));
                    write_pause(sources, call, runtime::end_of_pause(*workflow),
                                {{"workflow", *workflow}, {"paused", false}});
                }});
}

Json retention_view(const runtime::RetentionStatistics& statistics) {
    Json out{{"removed",
              {{"age", statistics.by_age},
               {"count", statistics.by_count},
               {"bytes", statistics.by_bytes}}},
             {"removed_claims", statistics.claims},
             {"removed_bytes", statistics.bytes}};
    if (statistics.last_pass) out["last_pass"] = to_iso8601(*statistics.last_pass);
    if (!statistics.last_error.empty()) out["error"] = statistics.last_error;
    return out;
}

bool is_backup_name(const std::string& name) {
    const auto is_good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= 100 && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), is_good);
}

void back_up(const Sources& sources, const Call& call) {
    std::string name = string_or(call.body(), "name", "");
    if (name.empty()) {
        name = "stepwell-" + to_iso8601(sources.clock.now()) + ".tar";
        std::erase(name, ':');
    }
    if (is_backup_name(name)) return sources.backups.begin(name, call);
    call.answer(fail(ErrorCode::invalid,
                     "expected 'name' to be a file's name of letters, digits, '-', '_' and '.', "
                     "but got '" +
                         name + "'"));
}

Result<Json> storage_view(const Sources& sources) {
    auto reader = SW_TRY(sources.readers.take());
    const auto size = SW_TRY(reader->size());
    const runtime::Engine::Statistics engine = sources.engine.statistics();
    const auto& budget = sources.database_budget;
    return Json{{"items", storage_items(sources.data_folder)},
                {"journal",
                 {{"bytes", size.bytes_used}, {"budget_bytes", budget ? Json(*budget) : Json()}}},
                {"disk",
                 {{"free_bytes", engine.free_bytes},
                  {"free_bytes_min", engine.free_bytes_min},
                  {"has_room", engine.has_room}}}};
}

void add_storage_routes(Router& router, const Sources& sources) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/storage",
         .operation = "getStorage",
         .tag = "operations",
         .summary = "What the data folder holds, by kind, and what room there is",
         .description = "Looks through folders: of one with more than 50,000 files it says "
                        "what those take (`exact` is false).",
         .answer =
             R"json({"type": "object", "required": ["items", "journal", "disk"], "properties": {
                    "items": {"type": "array", "items": {"type": "object",
                        "required": ["name", "kind", "bytes", "files", "exact"], "properties": {
                        "name": {"type": "string", "description": "in the data folder; a database with its log"},
                        "kind": {"type": "string", "enum": ["journal", "outbox", "logs", "backups", "lake", "other"]},
                        "bytes": {"type": "integer"}, "files": {"type": "integer"},
                        "exact": {"type": "boolean", "description": "false: it has more"}}}},
                    "journal": {"type": "object", "required": ["bytes", "budget_bytes"], "properties": {
                        "bytes": {"type": "integer", "description": "that are used in the file"},
                        "budget_bytes": {"type": ["integer", "null"], "description": "what retention keeps it to; null: no limit"}}},
                    "disk": {"type": "object", "required": ["free_bytes", "free_bytes_min", "has_room"], "properties": {
                        "free_bytes": {"type": "integer"},
                        "free_bytes_min": {"type": "integer", "description": "below it no run is started"},
                        "has_room": {"type": "boolean"}}}}})json",
         .read = [&sources](const Call&) { return storage_view(sources); }});
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/backups",
         .operation = "listBackups",
         .role = Role::admin,
         .tag = "operations",
         .summary = "Backups in the data folder, newest first",
         .query = page_parameters(),
         .answer =
             list_schema(R"json({"type": "object", "required": ["name", "bytes", "written_at"],
                    "properties": {"name": {"type": "string"}, "bytes": {"type": "integer"},
                    "written_at": {"type": "string", "format": "date-time"}}})json"),
         .read = [&sources](const Call& call) {
             return page_of(call, Json{{"items", backup_items(sources.data_folder)}}, "name");
         }});
}

void add_keeping_routes(Router& router, const Sources& sources) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/retention",
         .operation = "getRetention",
         .tag = "operations",
         .summary = "What retention has forgotten since the daemon began, by rule",
         .answer =
             R"json({"type": "object", "required": ["removed", "removed_claims", "removed_bytes"],
                    "properties": {"removed": {"type": "object", "properties": {
                        "age": {"type": "integer"}, "count": {"type": "integer"},
                        "bytes": {"type": "integer"}}},
                    "removed_claims": {"type": "integer"},
                    "removed_bytes": {"type": "integer"},
                    "last_pass": {"type": "string", "format": "date-time"},
                    "error": {"type": "string"}}})json",
         .read = [&sources](const Call&) -> Result<Json> {
             return retention_view(sources.retention.statistics());
         }});
    router.add({.method = "POST",
                .pattern = "/api/v1/backups",
                .operation = "createBackup",
                .role = Role::admin,
                .tag = "operations",
                .summary = "Write a backup into the data folder's `backups`",
                .description = "Answers when it is on disk. Runs go on meanwhile.",
                .body = json_body(R"({"type": "object", "additionalProperties": false,
                    "properties": {"name": {"type": "string", "maxLength": 100}}})"),
                .answer = R"json({"type": "object", "required": ["file", "bytes", "manifest"],
                    "properties": {"file": {"type": "string"}, "bytes": {"type": "integer"},
                                   "manifest": {"type": "object", "additionalProperties": true}}})json",
                .status = 201,
                .errors = {409, 500},
                .act = [&sources](const Call& call) { back_up(sources, call); }});
}

}  // namespace

void Backups::begin(const std::string& name, const Call& call) {
    const std::lock_guard lock(mutex_);
    if (is_busy_.exchange(true)) {
        return call.answer(fail(ErrorCode::conflict, "another backup is being written"));
    }
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([this, call, name] {
        const auto done = write_(name, is_stopping_);
        is_busy_ = false;
        call.answer(done);
    });
}

void Backups::stop() {
    is_stopping_ = true;
    const std::lock_guard lock(mutex_);
    if (thread_.joinable()) thread_.join();
}

void add_operation_routes(Router& router, const Sources& sources) {
    router.add_schema("Explanation", kExplanation);
    add_explain_routes(router, sources);
    add_pause_routes(router, sources);
    add_keeping_routes(router, sources);
    add_storage_routes(router, sources);
}

}  // namespace stepwell::api::operations
