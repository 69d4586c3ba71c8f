// What a function's folder says of it: the code that is there, and function.yaml beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tasks/task.hpp"

namespace stepwell::tasks {

/// What the configuration says of all functions, or a folder of its own.
struct FunctionSettings {
    std::string python = "python3";
    std::string node = "node";
    /// What a process may allocate before it cannot; 0: no limit.
    std::uint64_t allocation_bytes = 0;
    /// What a process may hold before it is killed, as on Lambda; 0: no limit.
    std::uint64_t memory_bytes = 0;
    std::optional<std::int64_t> timeout_ms;  // of one call
    /// Calls at one time, of all task hosts; the next one is refused.
    std::optional<std::int64_t> concurrency;
    std::vector<std::pair<std::string, std::string>> environment;  // later entries win
};

enum class FunctionLanguage { python, node };

struct FunctionFolder {
    std::filesystem::path path;
    FunctionLanguage language = FunctionLanguage::python;
    std::string handler = "handler.handler";  // MODULE.NAME
    FunctionSettings settings;
};

/// `tasks.functions` of the configuration. Fails with Stepwell.InvalidParameters.
Result<FunctionSettings, TaskError> read_function_settings(const HostSettings& settings);

/// Whether there is a function in the folder: code under a name of its own, or function.yaml.
bool is_function_folder(const std::filesystem::path& folder);

/// Fails with Stepwell.InvalidParameters where function.yaml is wrong (all its faults), with
/// Runtime.ImportModuleError where the handler's module is not there.
Result<FunctionFolder, TaskError> read_function_folder(const std::filesystem::path& folder,
                                                       FunctionSettings settings);

/// What changes when the function does: names, sizes and times of the code and the configuration
/// files in its folder and the one that the handler is in.
std::string function_stamp(const FunctionFolder& folder);

}  // namespace stepwell::tasks
