// Workflow files: what is in the folders is what the engine has. A new file makes a workflow, an
// edit a new version; a file with faults is reported, and the last good version stays in force.
//
// Files that are no workflows (neither StartAt nor States in them) are passed over. A file that
// goes leaves its workflow: its runs and whoever starts it may still need it.
//
// Threads: one of its own, which calls the reporter; start() calls it too.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/definition/workflow.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

struct FileReport {
    enum class Kind { made, changed, fault, gone };
    Kind kind = Kind::made;
    std::string file;
    std::string text;  // of a fault: every one, as render() shows them
};

class WorkflowFolders {
public:
    using Reporter = std::function<void(const FileReport&)>;

    /// Reads what is there, and then watches. On return the engine has every good file's workflow.
    /// Fails with `not_found` where a folder is missing. REQUIRES: `engine` outlives it.
    static Result<std::unique_ptr<WorkflowFolders>> start(
        std::vector<std::filesystem::path> folders, runtime::Engine& engine,
        std::vector<std::string> builtin_tasks, Reporter reporter);
    /// Stops watching.
    ~WorkflowFolders();

private:
    class Impl;
    explicit WorkflowFolders(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// What the engine makes of a workflow file. REQUIRES: it is valid.
runtime::WorkflowSpec spec_of(const definition::Workflow& workflow);

/// Reads one workflow file. Where it has faults, the error is what render() shows of them all.
Result<runtime::WorkflowSpec> read_workflow_file(const std::filesystem::path& file,
                                                 const std::vector<std::string>& builtin_tasks);

}  // namespace stepwell::api
