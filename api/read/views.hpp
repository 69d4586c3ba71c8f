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

struct RunFilter {
    std::optional<std::string> workflow;
    /// "running", "failed", ...; several with commas between them.
    std::optional<std::string> status;
    std::size_t limit = 50;
    std::optional<std::string> token;
    std::optional<std::uint32_t> version = {};  // only with a workflow
    std::vector<std::string> origins = {};
    std::optional<ExecutionId> parent = {};
    std::optional<std::string> error = {};
    std::optional<Timestamp> started_from = {};
    std::optional<Timestamp> started_until = {};
    std::optional<Duration> duration_from = {};
    std::optional<Duration> duration_until = {};
};

/// "running", "succeeded", "failed", "timed_out", "aborted": how the API says it.
std::string status_word(core::Status status);

/// {"id", "name", "workflow", "status", "started_at", "stopped_at", "duration_ms", "error", "arn"}:
/// how lists show a run; what is not known yet is absent.
Json run_summary_view(const runtime::ExecutionSummary& summary);
Json workflow_view(const runtime::WorkflowDescription& found);
/// Adds "description", where the workflow's file has one.
void add_description(const runtime::WorkflowDescription& found, Json& out);
/// {"items": [{"name", "arn", "type", "version", "created_at", "updated_at", "description",
/// "paused", "last_run"}]}
Result<Json> workflows_view(runtime::Reader& reader, Timestamp now);
/// {"items": [{"id", "name", "workflow", "status", "started_at", ...}], "next"}: newest first.
Result<Json> runs_view(runtime::Reader& reader, const RunFilter& filter);
/// One run: what the list says of it, input, output, error, cause, and "states".
Result<Json> run_view(runtime::Reader& reader, std::string_view run);
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
