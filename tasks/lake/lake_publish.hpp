// How a commit reaches the folders, and how what it replaced leaves them.
//
// The log and the second names (kept_path) are the table. What happens here is for programs that
// list the folders, and may be repeated after a crash at any point.
//
// Threads: one at a time for each table, the holder of the writer's lock; give_second_name() is
// safe beside it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "tasks/lake/lake_log.hpp"
#include "tasks/lake/lake_places.hpp"
#include "tasks/support/fault_hook.hpp"

namespace stepwell::tasks::lake {

using data::FaultHook;

/// What staged files are called after: "part-1.parquet.new". So a glob for *.parquet finds no file
/// of the stage before it is published, nor one of the trash (".old").
inline constexpr std::string_view kStagedSuffix = ".new";
inline constexpr std::string_view kTrashSuffix = ".old";

/// The lock that writers of the table take.
std::filesystem::path lock_path(const std::filesystem::path& root);

DataResult<void> reached(const FaultHook& hook, std::string_view point);

/// Links `file` as the second name of the table's file `path`, where it has none. Not made durable:
/// after a power failure recover() does without.
DataResult<void> give_second_name(const std::filesystem::path& root,
                                  const std::filesystem::path& file, const std::string& path);

/// Swaps in the partitions of a commit and moves what it replaced to the trash.
DataResult<void> publish(const std::filesystem::path& root, const Commit& commit,
                         const FaultHook& hook);

/// Removes what older writers left in the stage and of drafts in the log, and repeats the
/// publishing of the last commit where it is unfinished.
DataResult<void> recover(const std::filesystem::path& root, const LakeState& state,
                         const FaultHook& hook);

/// Removes a stage and the second names of what never was the table's.
DataResult<void> discard_stage(const std::filesystem::path& root,
                               const std::filesystem::path& stage, const LakeState& state);

/// Removes what was replaced more than kFilesKept ago. Faults are left to the next writer.
void purge_trash(const std::filesystem::path& root, const LakeState& state);

}  // namespace stepwell::tasks::lake
