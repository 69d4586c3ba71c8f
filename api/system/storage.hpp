// What lies in a data folder, and how much it takes.
#pragma once

#include <filesystem>

#include "engine/base/json.hpp"

namespace stepwell::api {

/// A folder of very many files is looked through so far, and then said to have at least that.
inline constexpr std::size_t kFilesLookedAt = 50'000;

/// [{"name": what lies in the folder itself, "kind": "journal", "outbox", "logs", "backups", "lake"
/// or "other", "bytes", "files", "exact"}], by name; a database counts with its log. What cannot be
/// looked at counts nothing. Follows no links.
Json storage_items(const std::filesystem::path& data_folder,
                   std::size_t files_max = kFilesLookedAt);

/// [{"name", "bytes", "written_at"}]: whole backups below the data folder, the newest first.
Json backup_items(const std::filesystem::path& data_folder);

}  // namespace stepwell::api
