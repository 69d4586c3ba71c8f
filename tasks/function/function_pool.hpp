// The warm interpreters of a host.
//
// Threads: complete.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "tasks/function/function_worker.hpp"

namespace stepwell::tasks {

class FunctionPool {
public:
    /// Calls the function in an idle interpreter that has its present code, else in a new one.
    /// Fails where none can be started.
    Result<FunctionAnswer> call(const FunctionSpec& spec, const FunctionDialogue& dialogue);

private:
    std::unique_ptr<FunctionWorker> take_idle(const FunctionSpec& spec);
    void give_back(const FunctionSpec& spec, std::unique_ptr<FunctionWorker> worker);

    std::mutex mutex_;
    std::map<std::string, std::vector<std::unique_ptr<FunctionWorker>>> idle_;  // by folder
};

/// What changes when the function's code does: names, sizes and times of its Python files.
std::string code_stamp(const std::filesystem::path& folder);

}  // namespace stepwell::tasks
