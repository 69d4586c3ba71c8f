// The file of a journal in SQLite: its form, and how one of an older form is brought up to date.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/base/result.hpp"
#include "engine/journal/sqlite.hpp"

namespace stepwell::journal {

inline constexpr const char* kFileName = "stepwell.db";
inline constexpr const char* kBegin = "BEGIN IMMEDIATE";
inline constexpr const char* kCommit = "COMMIT";

/// Fails with `invalid`, and a hint, where a newer Stepwell wrote a journal of this form; `what`
/// names it.
Result<void> check_form(std::int64_t form, const std::string& what);

/// 0: it is still empty. Fails with `corruption` where it is no journal of ours, and with `invalid`
/// where a newer Stepwell wrote it.
Result<std::int64_t> form_of(Database& database, const std::filesystem::path& path);

/// Makes the tables, or those that the file's form does not have, and says how SQLite is to write
/// it. `secret` keys a new journal. Where that is cut off, it goes on from there the next time.
/// Fails as form_of() does, and with `io` where no log can be kept beside the file.
Result<void> prepare(Database& database, const std::filesystem::path& path, std::uint64_t secret);

}  // namespace stepwell::journal
