#include "api/read/views.hpp"

#include <algorithm>

#include "api/read/state_tracker.hpp"
#include "api/router/paging.hpp"
#include "engine/runtime/pause.hpp"
#include "engine/runtime/work/task_log.hpp"
#include "engine/triggers/next_fire.hpp"

namespace stepwell::api {
namespace {

Json attempts_view(const StateRow& row) {
    Json out = Json::array();
    for (const StateAttempt& one : row.attempts) {
        Json attempt{{"attempt", one.number},
                     {"status", one.outcome},
                     {"scheduled_at", to_iso8601(one.scheduled_at)}};
        if (one.started_at) attempt["started_at"] = to_iso8601(*one.started_at);
        if (one.ended_at) attempt["ended_at"] = to_iso8601(*one.ended_at);
        if (!one.error.empty()) attempt["error"] = one.error;
        out.push_back(std::move(attempt));
    }
    return out;
}

/// How the API says what a row is doing.
std::string outcome_of(const StateRow& row) {
    return row.outcome == "failing" ? "running" : row.outcome;
}

Json to_json(const StateRow& row) {
    Json out{{"state", row.name},
             {"path", row.place},
             {"definition_path", row.path},
             {"type", row.kind},
             {"status", outcome_of(row)},
             {"frame", value_of(row.frame)},
             {"entered_at", to_iso8601(row.entered_at)}};
    if (row.ended_at) {
        out["ended_at"] = to_iso8601(*row.ended_at);
        out["duration_ms"] = (*row.ended_at - row.entered_at).count();
    }
    if (row.due) out["due"] = to_iso8601(*row.due);
    if (!row.resource.empty()) out["resource"] = row.resource;
    if (!row.attempts.empty()) out["attempts"] = attempts_view(row);
    if (row.retries > 0) out["retries"] = row.retries;
    if (!row.error.empty()) out["error"] = row.error;
    if (!row.cause.empty()) out["cause"] = row.cause;
    if (!row.rows.is_null()) out["rows"] = row.rows;
    return out;
}

/// Where in branches and items the task ran.
void add_path(const runtime::TaskLogHeader& header, Json& log) {
    if (!header.path.empty()) log["path"] = header.path;
}

}  // namespace

Result<core::Status> status_named(std::string_view word) {
    for (const auto status : {core::Status::running, core::Status::succeeded, core::Status::failed,
                              core::Status::timed_out, core::Status::aborted}) {
        if (word == status_word(status)) return status;
    }
    return fail(ErrorCode::invalid,
                "expected the status to be running, succeeded, failed, timed_out or aborted, but "
                "got '" +
                    std::string(word) + "'");
}

std::optional<Error> stop_refusal(const runtime::ExecutionSummary& run) {
    if (run.status == core::Status::running) return std::nullopt;
    return Error{ErrorCode::conflict,
                 "expected a run that goes on, but it has ended: " + status_word(run.status)};
}

std::string status_word(core::Status status) {
    std::string word = core::name_of(status);
    std::transform(word.begin(), word.end(), word.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return word;
}

Json run_summary_view(const runtime::ExecutionSummary& summary) {
    Json out{{"run", value_of(summary.id)},
             {"name", summary.name},
             {"workflow", summary.workflow_name},
             {"status", status_word(summary.status)},
             {"started_at", to_iso8601(summary.started_at)}};
    if (summary.stopped_at) {
        out["stopped_at"] = to_iso8601(*summary.stopped_at);
        out["duration_ms"] = (*summary.stopped_at - summary.started_at).count();
    }
    if (!summary.error.empty()) out["error"] = summary.error;
    if (!summary.origin.empty()) out["origin"] = summary.origin;
    if (summary.parent) out["parent"] = value_of(*summary.parent);
    if (!summary.principal.empty()) out["started_by"] = summary.principal;
    if (summary.redriven_at) {
        out["redrives"] = summary.redrives;
        out["redriven_at"] = to_iso8601(*summary.redriven_at);
    }
    out["arn"] = summary.arn;
    return out;
}

Json workflow_view(const runtime::WorkflowDescription& found) {
    return {{"name", found.workflow.name},
            {"type", found.workflow.type},
            {"version", found.version.number},
            {"created_at", to_iso8601(found.workflow.created_at)},
            {"updated_at", to_iso8601(found.version.created_at)},
            {"arn", found.workflow.arn}};
}

Result<Json> next_fire_view(runtime::Reader& reader, const runtime::WorkflowDescription& found,
                            Timestamp now) {
    const auto fire = SW_TRY(triggers::next_fire(reader, found, now));
    if (!fire) return Json();
    return Json{{"schedule", fire->schedule}, {"at", to_iso8601(fire->at)}};
}

Result<Json> workflow_row_view(runtime::Reader& reader, const runtime::WorkflowDescription& found,
                               Timestamp now) {
    Json row = workflow_view(found);
    add_description(found, row);
    const auto pause = SW_TRY(reader.document(runtime::kPaused, found.workflow.name));
    row["paused"] = runtime::pause_in(pause, now).has_value();
    row["next_fire"] = SW_TRY(next_fire_view(reader, found, now));
    runtime::ListQuery newest;
    newest.workflow = found.workflow.name;
    newest.limit = 1;
    // It may have been deleted meanwhile.
    const auto runs = reader.list(newest);
    if (runs && !runs->items.empty()) row["last_run"] = run_summary_view(runs->items.front());
    return row;
}

Result<Json> workflows_view(runtime::Reader& reader, Timestamp now) {
    Json workflows = Json::array();
    for (const auto& found : SW_TRY(reader.workflows())) {
        workflows.push_back(SW_TRY(workflow_row_view(reader, found, now)));
    }
    return Json{{"items", std::move(workflows)}};
}

void add_description(const runtime::WorkflowDescription& found, Json& out) {
    const auto settings = parse_json(found.version.settings);
    const std::string description = settings ? string_or(*settings, "description", "") : "";
    if (!description.empty()) out["description"] = description;
}

Result<Json> runs_view(runtime::Reader& reader, const runtime::RunQuery& query) {
    const auto page = SW_TRY(reader.search(query));
    Json out{{"items", Json::array()}};
    for (const auto& summary : page.items) out["items"].push_back(run_summary_view(summary));
    if (page.next) out["next"] = *page.next;
    return out;
}

Result<Json> run_view(runtime::Reader& reader, std::string_view run) {
    const ExecutionId id = SW_TRY(reader.find(run));
    const auto found = SW_TRY(reader.describe(id));
    StateTracker tracker;
    tracker.take(SW_TRY(reader.events(id)));

    Json out = run_summary_view(found.summary);
    if (found.error) out["error"] = *found.error;
    if (found.cause) out["cause"] = *found.cause;
    out["input"] = found.input.json();
    if (found.output) out["output"] = found.output->json();
    out["states"] = Json::array();
    for (const StateRow& row : tracker.rows()) out["states"].push_back(to_json(row));
    return out;
}

Result<Json> states_view(runtime::Reader& reader, std::string_view run, const StatesQuery& query) {
    const ExecutionId id = SW_TRY(reader.find(run));
    const auto summary = SW_TRY(reader.summary(id));
    StateTracker tracker;
    tracker.take(SW_TRY(reader.events(id)));
    Json out{
        {"run", value_of(id)}, {"status", status_word(summary.status)}, {"items", Json::array()}};
    const std::vector<StateRow>& rows = tracker.rows();
    for (std::size_t i = query.after; i < rows.size(); ++i) {
        const StateRow& row = rows[i];
        const bool fits = (query.definition_path.empty() || row.path == query.definition_path) &&
                          (query.path.empty() || row.place == query.path) &&
                          (query.status.empty() || outcome_of(row) == query.status);
        if (!fits) continue;
        if (out["items"].size() == query.limit) {
            out["next"] = position_token(i);
            break;
        }
        out["items"].push_back(to_json(row));
    }
    return out;
}

Result<Json> history_view(runtime::Reader& reader, std::string_view run) {
    const ExecutionId id = SW_TRY(reader.find(run));
    const std::vector<core::Event> events = SW_TRY(reader.events(id));
    Json lines = Json::array();
    for (const core::Event& event : events) {
        if (!core::is_internal(event.type)) lines.push_back(core::trace(event));
    }
    return Json{{"run", value_of(id)},
                {"items", core::to_history(events, true)},
                {"lines", std::move(lines)}};
}

Result<Json> logs_view(runtime::Reader& reader, const std::filesystem::path& data_folder,
                       std::string_view run, std::string_view state) {
    const ExecutionId id = SW_TRY(reader.find(run));
    Json logs = Json::array();
    for (const auto& log : SW_TRY(runtime::read_task_logs(logs_folder(data_folder), id))) {
        if (!state.empty() && log.header.state != state) continue;
        logs.push_back({{"state", log.header.state},
                        {"frame", log.header.frame},
                        {"attempt", log.header.attempt},
                        {"retry", log.header.retry},
                        {"started_at", log.header.started_at},
                        {"lines", log.lines}});
        add_path(log.header, logs.back());
    }
    return Json{{"run", value_of(id)}, {"items", std::move(logs)}};
}

Result<Json> log_page_view(runtime::Reader& reader, const std::filesystem::path& data_folder,
                           std::string_view run, const runtime::TaskLogQuery& query, bool is_tail) {
    const ExecutionId id = SW_TRY(reader.find(run));
    const auto folder = logs_folder(data_folder);
    runtime::TaskLogPage page;
    if (is_tail) {
        page.parts = SW_TRY(runtime::read_task_log_tail(folder, id, query));
    } else {
        page = SW_TRY(runtime::read_task_log_page(folder, id, query));
    }
    Json logs = Json::array();
    for (auto& part : page.parts) {
        logs.push_back({{"state", part.header.state},
                        {"frame", part.header.frame},
                        {"attempt", part.header.attempt},
                        {"retry", part.header.retry},
                        {"started_at", part.header.started_at},
                        {"first_line", part.first_line},
                        {"lines", std::move(part.lines)}});
        add_path(part.header, logs.back());
        if (!part.numbers.empty()) logs.back()["line_numbers"] = part.numbers;
    }
    Json out{{"run", value_of(id)}, {"items", std::move(logs)}};
    if (page.next) out["next"] = *page.next;
    return out;
}

std::filesystem::path logs_folder(const std::filesystem::path& data_folder) {
    return data_folder / "logs";
}

}  // namespace stepwell::api
