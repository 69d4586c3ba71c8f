// Durable changes to files and folders, for the commit protocol: each either has happened for good
// when it returns, or not at all.
//
// Threads: all safe, on different paths.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::files {

using data::DataResult;

/// Flushes every file and folder below `folder`, and itself.
DataResult<void> sync_tree(const std::filesystem::path& folder);
DataResult<void> sync_folder(const std::filesystem::path& folder);
/// With its parents; flushes the ones that it made.
DataResult<void> make_folder(const std::filesystem::path& folder);

/// Writes `text` under a name that must not exist yet: it appears whole or not at all. Fails with
/// E_CONFLICT where the name is taken. Who dies meanwhile leaves a file with kDraftMark in its
/// name.
DataResult<void> create_file(const std::filesystem::path& path, std::string_view text);
inline constexpr std::string_view kDraftMark = ".tmp-";
DataResult<std::string> read_file(const std::filesystem::path& path);

DataResult<void> rename_path(const std::filesystem::path& from, const std::filesystem::path& to);
/// Swaps two folders in one step; false where the file system cannot.
DataResult<bool> exchange(const std::filesystem::path& left, const std::filesystem::path& right);
/// A second name for the file; a copy where the file system has no links.
DataResult<void> link_file(const std::filesystem::path& from, const std::filesystem::path& to);
DataResult<void> remove_tree(const std::filesystem::path& path);
/// The files below `folder`, relative to it, sorted.
DataResult<std::vector<std::string>> files_below(const std::filesystem::path& folder);
bool is_there(const std::filesystem::path& path);

enum class LockKind { shared, exclusive };

/// A lock between threads and processes, on a file that is made where it is missing. The kernel
/// releases it when its holder dies. Fails with E_LOCKED after `timeout`, with E_CANCELLED once
/// `is_cancelled` says so. Held until the guard goes.
DataResult<std::shared_ptr<void>> lock_file(const std::filesystem::path& path, LockKind kind,
                                            std::chrono::milliseconds timeout,
                                            const std::function<bool()>& is_cancelled);

}  // namespace stepwell::tasks::files
