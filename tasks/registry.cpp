#include "tasks/registry.hpp"

#include <algorithm>
#include <iterator>

#include "tasks/aws/aws_tasks.hpp"
#include "tasks/data_tasks.hpp"
#include "tasks/etl/etl.hpp"
#include "tasks/function/function_tasks.hpp"
#include "tasks/glob.hpp"
#include "tasks/http/http_tasks.hpp"
#include "tasks/notify/notify_tasks.hpp"
#include "tasks/shell/shell_tasks.hpp"
#include "tasks/transform/transform.hpp"

namespace stepwell::tasks {

namespace {

constexpr std::string_view kPrefix = "stepwell:";

bool is_builtin(std::string_view resource) {
    return resource.substr(0, kPrefix.size()) == kPrefix;
}

/// The engine's own (engine/runtime/map_run_documents.hpp): no workflow names it.
bool is_of_engine(const TaskType& type) {
    return !type.resources.empty() && type.resources[0].starts_with("map-run:");
}

/// Gives its parameters back: for trying a workflow, and for measuring what a task costs at least.
std::vector<TaskType> echo_tasks() {
    TaskType echo;
    echo.name = "echo";
    echo.run_text = [](TaskContext& context) -> TaskText {
        return context.request().parameters.text();
    };
    return {echo};
}

/// AWS last: it serves what has no local form.
std::vector<TaskType> collect() {
    std::vector<TaskType> all;
    for (auto folder : {echo_tasks, shell_tasks, function_tasks, http_tasks, notify_tasks,
                        data_tasks, etl_tasks, transform_tasks, aws_tasks}) {
        std::vector<TaskType> types = folder();
        std::move(types.begin(), types.end(), std::back_inserter(all));
    }
    return all;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace

TaskCatalog::TaskCatalog(std::vector<TaskType> types) : types_(std::move(types)) {
    for (const TaskType& type : types_) {
        const bool is_named = !type.name.empty() && !is_of_engine(type);
        if (is_named) by_name_.emplace(type.name, &type);
    }
}

const TaskType* TaskCatalog::find(std::string_view resource) const {
    if (is_builtin(resource)) {
        const auto found = by_name_.find(std::string(resource.substr(kPrefix.size())));
        return found == by_name_.end() ? nullptr : found->second;
    }
    for (const TaskType& type : types_) {
        for (const std::string& pattern : type.resources) {
            if (glob_matches(pattern, resource)) return &type;
        }
    }
    return nullptr;
}

std::vector<std::string> TaskCatalog::names() const {
    std::vector<std::string> names;
    for (const auto& [name, type] : by_name_) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

std::string TaskCatalog::explain_missing(std::string_view resource) const {
    const std::string quoted = "'" + std::string(resource) + "'";
    if (!is_builtin(resource)) {
        return "expected a resource that runs here, but " + quoted +
               " has no local form; bind it to a task: an entry under 'bindings:' of stepwell.yaml "
               "with {resource: \"" +
               std::string(resource) +
               "\", task: NAME}; or send it to AWS, or to what stands for it: an entry 'aws:' "
               "there "
               "with {endpoint: URL, region: NAME, access_key_id: ..., secret_access_key: ...}";
    }
    const std::string near = nearest_word(resource.substr(kPrefix.size()), names());
    std::string text = "expected a built-in task, but there is no " + quoted;
    text +=
        near.empty() ? "; there are " + joined(names()) : "; did you mean 'stepwell:" + near + "'?";
    return text;
}

std::string_view name_of(HostKind kind) {
    switch (kind) {
        case HostKind::data:
            return "data";
        case HostKind::messenger:
            return "messenger";
        case HostKind::general:
            break;
    }
    return "general";
}

const std::vector<TaskType>& builtin_tasks() {
    static const std::vector<TaskType> all = collect();
    return all;
}

const TaskCatalog& builtin_catalog() {
    static const TaskCatalog catalog(builtin_tasks());
    return catalog;
}

std::vector<std::string> builtin_task_names() {
    return builtin_catalog().names();
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string& candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace stepwell::tasks
