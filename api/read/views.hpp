// Workflows, runs, histories and logs as JSON: what the native API answers and `--output json`
// prints, whether it comes from a daemon or from a data folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/runtime/read/reader.hpp"
#include "engine/runtime/work/task_log.hpp"

namespace stepwell::api {

/// "running", "succeeded", "failed", "timed_out", "aborted": how the API says it.
std::string status_word(core::Status status);
/// Fails with `invalid`.
Result<core::Status> status_named(std::string_view word);
/// `conflict` where the run has ended, and how; nothing: it can be stopped.
std::optional<Error> stop_refusal(const runtime::ExecutionSummary& run);

/// {"run", "name", "workflow", "status", "started_at", "stopped_at", "duration_ms", "error",
/// "arn"}: how lists show a run; what is not known yet is absent.
Json run_summary_view(const runtime::ExecutionSummary& summary);
Json workflow_view(const runtime::WorkflowDescription& found);
/// Adds "description", where the workflow's file has one.
void add_description(const runtime::WorkflowDescription& found, Json& out);
/// {"schedule", "at"}, or null: when it starts next by itself.
Result<Json> next_fire_view(runtime::Reader& reader, const runtime::WorkflowDescription& found,
                            Timestamp now);
/// How lists show it: with "description", "paused", "next_fire" and "last_run".
Result<Json> workflow_row_view(runtime::Reader& reader, const runtime::WorkflowDescription& found,
                               Timestamp now);
/// {"items": [as workflow_row_view()]}: all of them, by name.
Result<Json> workflows_view(runtime::Reader& reader, Timestamp now);
/// {"items": [{"run", "name", "workflow", "status", "started_at", ...}], "next"}: newest first.
Result<Json> runs_view(runtime::Reader& reader, const runtime::RunQuery& query);
/// One run: what the list says of it, input, output, error, cause, and "states".
Result<Json> run_view(runtime::Reader& reader, std::string_view run);
/// Which entries of states; what is empty asks nothing.
struct StatesQuery {
    std::string definition_path;  // "Each month/Validate"
    std::string path;             // "Each month[3] / Validate"
    std::string status;           // "failed", ...
    std::size_t after = 0;        // entries that are passed over
    std::size_t limit = 1'000;
};
/// {"run", "status", "items": entries of states in their order, "next": a position_token()}
Result<Json> states_view(runtime::Reader& reader, std::string_view run, const StatesQuery& query);
/// {"run", "items": as GetExecutionHistory shows them, "lines": the same, a line each}
Result<Json> history_view(runtime::Reader& reader, std::string_view run);
/// {"run", "items": [{"state", "frame", "attempt", "retry", "started_at", "first_line", "lines"}],
/// "next"}: a page. With `is_tail` the last lines of each log.
Result<Json> log_page_view(runtime::Reader& reader, const std::filesystem::path& data_folder,
                           std::string_view run, const runtime::TaskLogQuery& query, bool is_tail);
/// All of them, for who reads without a daemon; `state` empty: of all states.
Result<Json> logs_view(runtime::Reader& reader, const std::filesystem::path& data_folder,
                       std::string_view run, std::string_view state);

/// Where the engine keeps the logs of tasks.
std::filesystem::path logs_folder(const std::filesystem::path& data_folder);

}  // namespace stepwell::api
