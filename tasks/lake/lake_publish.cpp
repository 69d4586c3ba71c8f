#include "tasks/lake/lake_publish.hpp"

#include <algorithm>

#include "tasks/files/durable_files.hpp"

namespace stepwell::tasks::lake {
namespace {

namespace fs = std::filesystem;
using data::data_fail;

bool has_file_of(const Commit& commit, const fs::path& root, const std::string& partition) {
    return std::any_of(commit.added.begin(), commit.added.end(), [&](const LakeFile& file) {
        return file.partition() == partition && files::is_there(root / file.path);
    });
}

DataResult<void> move_to_trash(const fs::path& from, const fs::path& to) {
    SW_TRY(files::make_folder(to.parent_path()));
    return files::rename_path(from, to.string() + std::string(kTrashSuffix));
}

/// Gives the staged files of a partition the names that the log has for them.
DataResult<void> name_staged(const fs::path& staged) {
    for (const auto& name : SW_TRY(files::files_below(staged))) {
        if (!name.ends_with(kStagedSuffix)) continue;
        SW_TRY(files::rename_path(staged / name,
                                  staged / name.substr(0, name.size() - kStagedSuffix.size())));
    }
    return {};
}

/// Moves what the swap brought into the stage to the trash. What the commit keeps (append) is
/// there under a second name only, and goes.
DataResult<void> discard(const fs::path& root, const fs::path& folder, const fs::path& trash,
                         const std::string& partition) {
    if (!files::is_there(folder)) return {};
    for (const auto& name : SW_TRY(files::files_below(folder))) {
        const fs::path path = fs::path(partition) / name;
        if (files::is_there(root / path)) continue;
        SW_TRY(move_to_trash(folder / name, trash / path));
    }
    return files::remove_tree(folder);
}

DataResult<void> publish_partition(const fs::path& root, const Commit& commit,
                                   const std::string& partition, const FaultHook& hook) {
    const fs::path staged = stage_folder(root) / commit.stage / partition;
    const fs::path target = root / partition;
    const fs::path trash = trash_folder(root) / std::to_string(commit.number);
    if (!has_file_of(commit, root, partition)) {
        SW_TRY(files::make_folder(target.parent_path()));
        SW_TRY(name_staged(staged));
        const bool is_swapped = files::is_there(target) && SW_TRY(files::exchange(staged, target));
        if (!is_swapped) {
            const fs::path aside = stage_folder(root) / commit.stage / "_old" / partition;
            SW_TRY(files::make_folder(aside.parent_path()));
            if (files::is_there(target)) SW_TRY(files::rename_path(target, aside));
            SW_TRY(files::rename_path(staged, target));
        }
        SW_TRY(files::sync_folder(target.parent_path()));
    }
    SW_TRY(reached(hook, "published " + partition));
    SW_TRY(discard(root, stage_folder(root) / commit.stage / "_old" / partition, trash, partition));
    SW_TRY(discard(root, staged, trash, partition));
    return reached(hook, "trashed " + partition);
}

/// Takes the files of a partition that has none any more, and the folders that it leaves empty.
DataResult<void> remove_partition(const fs::path& root, const Commit& commit,
                                  const std::string& partition) {
    const fs::path trash = trash_folder(root) / std::to_string(commit.number);
    for (const auto& path : commit.removed) {
        if (LakeFile{path}.partition() != partition || !files::is_there(root / path)) continue;
        SW_TRY(move_to_trash(root / path, trash / path));
    }
    std::error_code failed;
    for (fs::path folder = root / partition; folder != root; folder = folder.parent_path()) {
        if (!fs::is_empty(folder, failed) || failed || !fs::remove(folder, failed)) break;
    }
    return {};
}

/// Takes the second names of a commit's replaced files, then the files.
void purge_entry(const fs::path& root, const fs::path& entry, const LakeState& state) {
    const auto names = files::files_below(entry);
    if (!names) return;
    std::error_code ignored;
    for (const auto& name : *names) {
        if (!name.ends_with(kTrashSuffix)) continue;
        const std::string path = name.substr(0, name.size() - kTrashSuffix.size());
        if (!state.files.contains(path)) fs::remove(kept_path(root, path), ignored);
    }
    (void)files::remove_tree(entry);
}

/// What writers that died were putting into the log.
void remove_drafts(const fs::path& root) {
    const auto names = files::files_below(log_folder(root));
    if (!names) return;
    std::error_code ignored;
    for (const auto& name : *names) {
        if (name.find(files::kDraftMark) != name.npos) fs::remove(log_folder(root) / name, ignored);
    }
}

}  // namespace

fs::path lock_path(const fs::path& root) {
    return root / "_stepwell" / "writer.lock";
}

DataResult<void> reached(const FaultHook& hook, std::string_view point) {
    return hook ? hook(point) : DataResult<void>{};
}

DataResult<void> give_second_name(const fs::path& root, const fs::path& file,
                                  const std::string& path) {
    const fs::path kept = kept_path(root, path);
    if (files::is_there(kept)) return {};
    std::error_code ignored;
    fs::create_directories(kept.parent_path(), ignored);
    auto linked = files::link_file(file, kept);
    // Readers and a writer may give the same one at once.
    return linked || files::is_there(kept) ? DataResult<void>{} : linked;
}

void purge_trash(const fs::path& root, const LakeState& state) {
    std::error_code failed;
    const auto oldest = fs::file_time_type::clock::now() - kFilesKept;
    for (fs::directory_iterator it(trash_folder(root), failed), end; !failed && it != end;
         it.increment(failed)) {
        std::error_code unreadable;
        const auto at = it->last_write_time(unreadable);
        if (!unreadable && at < oldest) purge_entry(root, it->path(), state);
    }
}

/// Removes a stage and the second names of what never was the table's.
DataResult<void> discard_stage(const fs::path& root, const fs::path& stage,
                               const LakeState& state) {
    for (const auto& name : SW_TRY(files::files_below(stage))) {
        if (!name.ends_with(kStagedSuffix)) continue;
        const std::string path = name.substr(0, name.size() - kStagedSuffix.size());
        std::error_code ignored;
        if (!state.files.contains(path)) fs::remove(kept_path(root, path), ignored);
    }
    return files::remove_tree(stage);
}

/// Steps 6 and 7. May be repeated after a crash at any point.
DataResult<void> publish(const fs::path& root, const Commit& commit, const FaultHook& hook) {
    const fs::path stage = stage_folder(root) / commit.stage;
    if (!files::is_there(stage)) return {};
    for (const auto& partition : commit.replaced_partitions)
        SW_TRY(publish_partition(root, commit, partition, hook));
    for (const auto& partition : commit.removed_partitions)
        SW_TRY(remove_partition(root, commit, partition));
    SW_TRY(reached(hook, "published"));
    SW_TRY(files::remove_tree(stage));
    return files::sync_folder(stage_folder(root));
}

DataResult<void> recover(const fs::path& root, const LakeState& state, const FaultHook& hook) {
    remove_drafts(root);
    if (!files::is_there(stage_folder(root))) return {};
    if (state.version > 0 && files::is_there(stage_folder(root) / state.stage)) {
        const Commit commit = SW_TRY(read_commit(*log_of(root), state.version));
        SW_TRY(publish(root, commit, hook));
    }
    std::error_code failed;
    for (fs::directory_iterator it(stage_folder(root), failed), end; !failed && it != end;
         it.increment(failed)) {
        SW_TRY(discard_stage(root, it->path(), state));
    }
    if (failed) {
        return data_fail("E_DISK",
                         stage_folder(root).string() + ": cannot list it: " + failed.message());
    }
    return {};
}

}  // namespace stepwell::tasks::lake
