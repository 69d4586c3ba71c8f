// Workflow files: what is in the folders is what the engine has. A new file makes a workflow, an
// edit a new version; a file with faults is reported, and the last good version stays in force.
//
// The system tells of changes; besides, the folders are looked at now and then, as it has no
// watches left at times, and tells nothing of a folder that is exchanged by a link or made anew.
//
// Files that are no workflows (neither StartAt nor States in them) are passed over. A file that
// goes leaves its workflow: its runs and whoever starts it may still need it. All of it is noted in
// WorkflowFiles, where it can be asked for.
//
// What was refused for a reason that may pass (the disk is full, another file has the name) is
// tried again with each look.
//
// Threads: one of its own, which calls the reporter; start() calls it too.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/workflows/workflow_files.hpp"
#include "engine/definition/workflow.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

struct FileReport {
    enum class Kind { made, changed, fault, gone, unwatched };
    Kind kind = Kind::made;
    std::string file;  // where it is unwatched: the folder
    /// Of a fault: every one, as render() shows them; why it is not watched; of a file that is
    /// gone: the workflow that it leaves, if any.
    std::string text;
};

/// How folders are looked at; tests ask for less.
struct FolderLooks {
    Duration again{30'000};
    Duration again_without_watch{5'000};
    bool has_watches = true;
};

class WorkflowFolders {
public:
    using Reporter = std::function<void(const FileReport&)>;

    /// Reads what is there, and then watches. On return the engine has every good file's workflow.
    /// Fails with `not_found` where a folder is missing. REQUIRES: `engine` and `files`, which is
    /// open, outlive it.
    static Result<std::unique_ptr<WorkflowFolders>> start(
        std::vector<std::filesystem::path> folders, runtime::Engine& engine,
        definition::BuiltinTasks builtin_tasks, WorkflowFiles& files, Reporter reporter,
        FolderLooks looks = {});
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
                                                 const definition::BuiltinTasks& builtin_tasks);

}  // namespace stepwell::api
