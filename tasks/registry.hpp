// Which task serves which resource.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tasks/task.hpp"

namespace stepwell::tasks {

/// A set of task types, looked up by resource. Immutable; safe to share between threads.
class TaskCatalog {
public:
    explicit TaskCatalog(std::vector<TaskType> types);
    TaskCatalog(const TaskCatalog&) = delete;
    TaskCatalog& operator=(const TaskCatalog&) = delete;

    /// "stepwell:NAME" by name, others by the globs that the types list. Null where nothing serves
    /// it. The pointer lives as long as the catalog.
    [[nodiscard]] const TaskType* find(std::string_view resource) const;

    [[nodiscard]] const std::vector<TaskType>& types() const { return types_; }
    /// The NAMEs, sorted.
    [[nodiscard]] std::vector<std::string> names() const;

    /// Why find() gave nothing for `resource`, for the user: what there is and what to write.
    [[nodiscard]] std::string explain_missing(std::string_view resource) const;

private:
    std::vector<TaskType> types_;
    std::unordered_map<std::string, const TaskType*> by_name_;
};

/// All of builtin_tasks(). Lives as long as the process.
const TaskCatalog& builtin_catalog();

/// For EngineSettings::builtin_tasks and the checks of workflow files.
std::vector<std::string> builtin_task_names();

/// The entry of `known` that `word` was most likely meant to be; empty where none is near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace stepwell::tasks
