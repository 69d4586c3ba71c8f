// The tasks of Map Runs, in task hosts: what reads their items, before any of them begins, and what
// writes their results, after all have ended. A task
// bears a token that is made of its Map Run's (task_token_of()). Which one goes on is with the Map
// Run in the journal, so that a restart orders it again.
#include <spdlog/spdlog.h>

#include <utility>

#include "engine/core/fault.hpp"
#include "engine/runtime/loop/loop.hpp"
#include "engine/runtime/map_run_documents.hpp"
#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

/// Where it is below the data folder.
std::string path_below(const std::filesystem::path& folder, const std::filesystem::path& path) {
    return path.lexically_relative(folder.parent_path()).generic_string();
}

/// The task's own words; what else ended it is said with its name.
std::string cause_of(const core::TaskFailed& failed, const char* expected) {
    std::string cause = failed.cause.value_or("");
    const std::string error = failed.error.value_or("");
    return error == expected ? cause : error + (cause.empty() ? "" : ": ") + cause;
}

}  // namespace

/// Begins the task, or gives it up with the Map Run. What is written is written to the end.
Result<void> Loop::see_to_map_task(OpenMapRun& open) {
    core::MapRun& run = open.run;
    const bool is_given_up = run.task == core::MapRunTask::reading && run.drains_to;
    if (!is_given_up) return order_map_task(open);
    if (open.is_task_ordered) {
        const TaskToken task = task_token_of(run);
        cancelled_.insert(task);
        orders_.emplace_back(task);
        orders_.emplace_back([task](WorkObserver& observer) { observer.finished(task); });
    }
    run.task = core::MapRunTask::none;
    map_runs_.changed(open);
    return {};
}

/// Its parent may have begun in this very turn, or have ended.
Result<TaskRequest> Loop::map_task_request(const core::MapRun& run) {
    TaskRequest request;
    const auto fill = [&](const core::Facts& facts, const LoadedVersion& version) {
        request.state_name = version.definition->state(run.state).name;
        request.execution_arn = facts.arn;
        request.execution_name = facts.name;
        request.workflow_arn = facts.workflow_arn;
        request.workflow_name = facts.workflow_name;
        request.execution_started_at = facts.started_at;
    };
    if (const Slot* slot = cache_.find(run.token.execution)) {
        fill(slot->execution.facts(), *slot->version);
    } else if (const auto row = SW_TRY(journal_.execution(run.token.execution))) {
        const LoadedVersionPtr version = SW_TRY(catalog_.version(row->version));
        fill(*SW_TRY(facts_of(journal_, *row)), *version);
    }
    request.token = task_token_of(run);
    request.entered_at = run.started_at;
    request.run_key = run.plan.arn;
    return request;
}

Result<void> Loop::order_map_task(OpenMapRun& open) {
    const core::MapRun& run = open.run;
    const bool is_writing = run.task == core::MapRunTask::writing;
    if (is_writing && (turns_ < open.results_from_turn || !SW_TRY(gather_results(open)))) return {};
    TaskRequest request = SW_TRY(map_task_request(run));
    request.resource = is_writing ? kWriteResults : kReadItems;
    Json parameters = is_writing ? run.plan.writer : run.plan.reader;
    parameters[is_writing ? "ResultsFile" : "ItemsFile"] =
        path_below(settings_.map_runs_folder,
                   map_runs_.folder_of(run.token) / (is_writing ? kResultsFile : kItemsFile));
    if (is_writing) {
        parameters["MapRunArn"] = run.plan.arn;
        parameters["Folder"] = core::results_folder(run.plan);
    }
    request.parameters = Payload(std::move(parameters));
    request.is_restarted = request.has_begun = open.is_listed;
    orders_.emplace_back(std::move(request));
    open.is_task_ordered = true;
    map_runs_.changed(open);
    return {};
}

/// The Map Run whose task the report is about; null: it is about no such task.
OpenMapRun* Loop::with_task(const core::Input& input) {
    const TaskToken* token = core::token_of(input);
    const auto run = token ? map_run_of(*token) : std::nullopt;
    OpenMapRun* open = run ? map_runs_.find(*run) : nullptr;
    const bool is_at_work = open && open->run.task != core::MapRunTask::none;
    return is_at_work && task_token_of(open->run) == *token ? open : nullptr;
}

/// That it lives, or has handed work over, is no news.
Result<void> Loop::hear_map_task(OpenMapRun& open, const core::Input& input) {
    core::MapRun& run = open.run;
    const TaskToken task = task_token_of(run);
    const bool is_writing = run.task == core::MapRunTask::writing;
    const char* error =
        is_writing ? core::errors::kResultWriterFailed : core::errors::kItemReaderFailed;
    if (const auto* done = std::get_if<core::TaskSucceeded>(&input)) {
        is_writing ? core::end_writing(run) : end_reading(open, done->output.json());
    } else if (const auto* failed = std::get_if<core::TaskFailed>(&input)) {
        if (is_writing) core::end_writing(run);
        if (is_writing) run.items.results_written = run.executions.results_written = 0;
        run.task = core::MapRunTask::none;
        core::drain(run, core::MapRunStatus::failed, error, cause_of(*failed, error));
    } else {
        return {};
    }
    open.is_task_ordered = false;
    map_runs_.task_ended(task);
    orders_.emplace_back([task](WorkObserver& observer) { observer.finished(task); });
    map_runs_.changed(open);
    return {};
}

void Loop::end_reading(OpenMapRun& open, const Json& told) {
    const Json* items = told.is_object() ? find(told, "Items") : nullptr;
    const std::int64_t count =
        items && items->is_number_integer() ? items->get<std::int64_t>() : -1;
    if (count >= 0) return core::end_reading(open.run, static_cast<std::uint64_t>(count));
    open.run.task = core::MapRunTask::none;
    core::drain(open.run, core::MapRunStatus::failed, core::errors::kItemReaderFailed,
                "expected the number of items from the task that reads them");
}

}  // namespace stepwell::runtime
