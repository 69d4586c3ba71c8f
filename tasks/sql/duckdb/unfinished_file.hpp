// Database files that were begun and never became one: a full disk or a kill ended whoever made
// them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace stepwell::tasks::data {

/// Removes the file where it was to become a DuckDB database and holds nothing yet: it is shorter
/// than the head of one, is empty, all zeros or begins as one, has no log beside it, and no process
/// has locked it. Answers how many bytes it had; nothing where it stays.
///
/// REQUIRES: this process does not have the file open: its lock would be gone.
std::optional<std::uintmax_t> remove_unfinished_duckdb(const std::filesystem::path& path);

}  // namespace stepwell::tasks::data
