// Reading lake tables: folders of Parquet files with a commit log (<root>/_stepwell/log).
//
// A Snapshot is one version of the table. While it lives no writer moves files of the table, so
// its paths can be read as long as needed; writers stage beside it and wait with publishing.
// Do not hold one while committing to the same table from the same thread.
//
// Threads: all safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "tasks/lake/lake_log.hpp"

namespace stepwell::tasks::lake {

struct Waiting {
    std::chrono::milliseconds timeout = std::chrono::minutes(1);
    std::function<bool()> is_cancelled;
};

/// Whether the folder has a commit log.
bool is_lake_table(const std::filesystem::path& root);

struct Snapshot {
    LakeState state;
    std::vector<std::filesystem::path> paths;  // absolute, of state.files, in their order
    std::shared_ptr<void> guard;
};

/// The table's current version. Finishes what a writer that died after its commit left undone.
/// Fails with E_NOT_FOUND where there is no lake table, E_LOCKED, E_CANCELLED, E_FORMAT.
DataResult<Snapshot> read_snapshot(const std::filesystem::path& root, const Waiting& waiting = {});

}  // namespace stepwell::tasks::lake
