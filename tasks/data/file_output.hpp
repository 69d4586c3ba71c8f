// Writes the rows of a query to one file that appears whole or not at all, and moves files.
#pragma once

#include <filesystem>
#include <string>

#include "tasks/data/data_session.hpp"

namespace stepwell::tasks::data {

struct WrittenFile {
    InputFile file;
    std::int64_t rows = 0;
};

/// Runs `query` (one statement) into `path` by way of a file beside it. `options`: COPY's, such as
/// "format parquet".
DataResult<WrittenFile> write_file(DataSession& session, Connection& connection,
                                   const std::string& query, const Json& parameters,
                                   const std::filesystem::path& path, const std::string& options);

/// Renames, or copies, syncs and removes where the target is on another file system. A repeat
/// after a crash in between ends with exactly one file.
DataResult<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Makes what was written there survive a loss of power.
DataResult<void> sync_path(const std::filesystem::path& path);

}  // namespace stepwell::tasks::data
