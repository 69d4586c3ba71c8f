// Reading lake tables: folders of Parquet files with a commit log (<root>/_stepwell/log).
//
// A Snapshot is one version of the table. Its files stay where they are for kFilesKept, whatever
// writers do: readers wait for nobody, and nobody waits for them.
//
// Threads: all safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "tasks/lake/lake_log.hpp"
#include "tasks/lake/lake_places.hpp"

namespace stepwell::tasks::lake {

struct Waiting {
    std::chrono::milliseconds timeout = std::chrono::minutes(1);
    std::function<bool()> is_cancelled;
};

/// Whether the folder has a commit log.
bool is_lake_table(const std::filesystem::path& root);

struct Snapshot {
    LakeState state;
    // Absolute, of state.files, in their order:
    std::vector<std::filesystem::path> paths;  // where they can be read
    std::vector<std::filesystem::path> names;  // where programs without the log find them
};

/// The table's current version. Fails with E_NOT_FOUND where there is no lake table or a file of it
/// is gone, E_FORMAT. Where a writer of an earlier build, or one at a power failure, died after its
/// commit, it finishes the publishing, and may fail with E_LOCKED and E_CANCELLED.
DataResult<Snapshot> read_snapshot(const std::filesystem::path& root, const Waiting& waiting = {});

}  // namespace stepwell::tasks::lake
