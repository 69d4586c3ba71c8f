// What a built-in task is: a function from parameters to a result, run in a task host, outside the
// daemon. Everything it may use comes through its arguments.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/shape.hpp"
#include "engine/runtime/task_runner.hpp"

namespace stepwell::tasks {

/// Why a task failed, as Retry and Catch see it.
struct TaskError {
    std::string error;  // "E_QUALITY", "Shell.ExitCode.3", "Stepwell.HostCrashed", ...
    std::string cause;  // for people, or JSON text for programs (data tasks: the result envelope)
};

/// The error of parameters that the task `who` ("stepwell:shell") cannot take.
inline TaskError invalid_parameters(std::string_view who, const std::string& cause) {
    return {"Stepwell.InvalidParameters", std::string(who) + ": " + cause};
}

using TaskResult = Result<Json, TaskError>;
using TaskText = Result<std::string, TaskError>;

/// Where a host works: the same for all its tasks; immutable once the host runs.
struct HostSettings {
    std::filesystem::path data_folder;  // lake/, warehouse.duckdb, logs/ are in it
    std::vector<std::filesystem::path> functions_folders;  // NAME/handler.py
    Json configuration = Json::object();  // stepwell.yaml's connections, lakes, notifications, ...
    /// What a child of a task (a shell command, a function) may allocate, unless the task says
    /// otherwise; 0: no limit.
    std::uint64_t child_memory_bytes = 0;
    /// Between asking a child politely to stop and killing it.
    std::chrono::milliseconds stop_grace{3'000};
};

/// One running attempt, as its task sees it. Threads: log() and progress() may be called from any
/// thread until run() returns.
class TaskContext {
public:
    virtual ~TaskContext() = default;
    [[nodiscard]] virtual const runtime::TaskRequest& request() const = 0;
    [[nodiscard]] virtual const HostSettings& settings() const = 0;
    /// One line, or several with '\n' between them.
    virtual void log(std::string line) = 0;
    /// {"message", "percent" 0..100, "rows"}; each member optional.
    virtual void progress(Json progress) = 0;
    virtual void heartbeat() = 0;
    /// Once something outside was asked for that goes on without us (a job, a statement): what the
    /// next start of this attempt needs to take it up, and not ask for it twice. It finds it in
    /// request().submitted: in another host where this one dies, and with the next daemon. Once;
    /// a second word is dropped. Of `stepwell:` and `.sync` tasks only.
    ///
    /// Returns before it is durable: what is asked for should also know the run key.
    virtual void submitted(Json what) = 0;
    [[nodiscard]] virtual bool is_cancelled() const = 0;
    /// Calls `stop` once, from another thread, when the attempt is cancelled (at once if it already
    /// is); until the returned guard is destroyed. For interrupting a query or killing a child.
    [[nodiscard]] virtual std::shared_ptr<void> on_cancel(std::function<void()> stop) = 0;
};

/// Which process runs a task.
enum class HostKind {
    general,    // any of a few warm processes
    data,       // the one process that holds the DuckDB and SQLite files
    messenger,  // the one process that delivers messages, and knows the channels' secrets
};

/// "general", "data", "messenger".
std::string_view name_of(HostKind kind);

struct TaskType {
    std::string name;  // the NAME of "stepwell:NAME"; empty: it serves `resources` only
    HostKind host = HostKind::general;
    /// Runs one attempt, in a thread of the host. Must be safe to run many times at once. A
    /// C++ exception that leaves it fails the task with Stepwell.TaskCrashed.
    std::function<TaskResult(const Json& parameters, TaskContext& context)> run;
    /// Instead of `run`, for tasks that pass documents on as text: the parameters are in the
    /// request, the result is one JSON document.
    std::function<TaskText(TaskContext& context)> run_text;
    /// Called once in every host of its kind before its first task; must return at once.
    std::function<void(const HostSettings& settings)> on_host_start;
    /// Whether a host of its kind has work before there is a task for it. Asked once, by the
    /// daemon.
    std::function<bool(const HostSettings& settings)> wants_host;
    /// All parameters that it takes, for the checks of workflow files, the editors' schema and the
    /// reference; Kind::any: they are not known.
    Shape parameters;
    /// Sections of the configuration in which secrets are named that an attempt needs. Others, and
    /// of a section of named things those whose name is not in the parameters, come to a host with
    /// the references only.
    std::vector<std::string> sections;
    /// Other resources that it serves, as globs: "arn:aws:lambda:*:function:*".
    std::vector<std::string> resources;
};

/// Every built-in task. tasks/registry.cpp lists them; a folder offers its own as a function
/// `std::vector<TaskType> NAME_tasks()`.
const std::vector<TaskType>& builtin_tasks();

}  // namespace stepwell::tasks
