// Writes the rows of a query to one file that appears whole or not at all.
#pragma once

#include <filesystem>
#include <string>

#include "tasks/data/data_session.hpp"

namespace stepwell::tasks::data {

struct WrittenFile {
    /// As it was left; its identity is "" where another writer has put its own there already.
    InputFile file;
    std::int64_t rows = 0;
};

/// Runs `query` (one statement) into `path` by way of a file beside it. `options`: COPY's, such as
/// "format parquet".
DataResult<WrittenFile> write_file(DataSession& session, Connection& connection,
                                   const std::string& query, const Json& parameters,
                                   const std::filesystem::path& path, const std::string& options);

/// Gives what the engine has written aside its place, in the place of an older file, for good.
DataResult<void> give_name(DataSession& session, const std::filesystem::path& written,
                           const std::filesystem::path& path);

}  // namespace stepwell::tasks::data
