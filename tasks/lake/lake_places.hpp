// Where the parts of a lake table are, below its root.
//
// Threads: functions of their arguments.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "tasks/files/store.hpp"

namespace stepwell::tasks::lake {

std::filesystem::path log_folder(const std::filesystem::path& root);
/// The log of the table (lake_log.hpp).
std::unique_ptr<files::Store> log_of(const std::filesystem::path& root);

std::filesystem::path stage_folder(const std::filesystem::path& root);
std::filesystem::path trash_folder(const std::filesystem::path& root);

/// The second name of a file of the table, under which it can be read for as long as it is kept:
/// <root>/_stepwell/files/<path>.kept.
std::filesystem::path kept_path(const std::filesystem::path& root, const std::string& path);
inline constexpr std::string_view kKeptFolder = "/_stepwell/files/";
inline constexpr std::string_view kKeptSuffix = ".kept";

/// How long files that a commit replaced stay: for readers of older versions, and for regrets.
constexpr auto kFilesKept = std::chrono::hours(7 * 24);

}  // namespace stepwell::tasks::lake
