#include "tasks/function/function_pool.hpp"

#include <algorithm>

namespace stepwell::tasks {

namespace {

/// Beyond it an interpreter ends with its call.
constexpr std::size_t kIdlePerFunction = 8;

}  // namespace

std::string code_stamp(const std::filesystem::path& folder) {
    std::vector<std::string> parts;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() != ".py") continue;
        std::error_code ignored;
        const auto time = entry->last_write_time(ignored).time_since_epoch().count();
        parts.push_back(entry->path().filename().string() + ":" + std::to_string(time) + ":" +
                        std::to_string(entry->file_size(ignored)));
    }
    std::sort(parts.begin(), parts.end());
    std::string stamp;
    for (const std::string& part : parts) stamp += part + ";";
    return stamp;
}

Result<FunctionAnswer> FunctionPool::call(const FunctionSpec& spec,
                                          const FunctionDialogue& dialogue) {
    std::unique_ptr<FunctionWorker> worker = take_idle(spec);
    if (!worker) worker = SW_TRY(FunctionWorker::start(spec));
    FunctionAnswer answer = worker->call(dialogue);
    if (worker->is_usable()) give_back(spec, std::move(worker));
    return answer;
}

std::unique_ptr<FunctionWorker> FunctionPool::take_idle(const FunctionSpec& spec) {
    std::vector<std::unique_ptr<FunctionWorker>> outdated;  // ended after the lock is released
    const std::lock_guard lock(mutex_);
    auto& idle = idle_[spec.folder.string()];
    while (!idle.empty()) {
        std::unique_ptr<FunctionWorker> worker = std::move(idle.back());
        idle.pop_back();
        if (worker->is_usable() && worker->stamp() == spec.stamp) return worker;
        outdated.push_back(std::move(worker));
    }
    return nullptr;
}

void FunctionPool::give_back(const FunctionSpec& spec, std::unique_ptr<FunctionWorker> worker) {
    const std::lock_guard lock(mutex_);
    auto& idle = idle_[spec.folder.string()];
    if (idle.size() < kIdlePerFunction) idle.push_back(std::move(worker));
}

}  // namespace stepwell::tasks
