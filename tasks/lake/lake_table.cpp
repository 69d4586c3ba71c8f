#include "tasks/lake/lake_table.hpp"

#include <optional>

#include "tasks/files/durable_files.hpp"
#include "tasks/lake/lake_publish.hpp"

namespace stepwell::tasks::lake {
namespace {

namespace fs = std::filesystem;
using data::data_fail;
using data::DataError;

/// Where a file of the table can be read; nothing where it has no name yet. Files of earlier builds
/// get their second name here, so that the next writer does not move them away from this reader;
/// who may not write reads them where they are.
std::optional<fs::path> readable_path(const fs::path& root, const std::string& path) {
    const fs::path kept = kept_path(root, path);
    const fs::path name = root / path;
    if (files::is_there(kept)) return kept;
    if (!files::is_there(name)) return std::nullopt;
    return give_second_name(root, name, path) ? kept : name;
}

/// The state with its paths; nothing where files have no name yet.
std::optional<Snapshot> snapshot_of(const fs::path& root, LakeState state) {
    Snapshot snapshot;
    snapshot.state = std::move(state);
    for (const auto& [path, file] : snapshot.state.files) {
        auto readable = readable_path(root, path);
        if (!readable) return std::nullopt;
        snapshot.paths.push_back(*std::move(readable));
        snapshot.names.push_back(root / path);
    }
    return snapshot;
}

DataError missing_files(const fs::path& root, const LakeState& state) {
    std::string first;
    for (const auto& [path, file] : state.files) {
        if (first.empty() && !readable_path(root, path)) first = path;
    }
    return {"E_NOT_FOUND", root.string() +
                               ": expected the files that the table's log names, but '" + first +
                               "' is not there; restore it, or write the table anew"};
}

}  // namespace

bool is_lake_table(const fs::path& root) {
    return files::is_there(log_folder(root));
}

DataResult<Snapshot> read_snapshot(const fs::path& root, const Waiting& waiting) {
    if (!is_lake_table(root)) {
        return data_fail("E_NOT_FOUND",
                         root.string() + ": expected a lake table, but it has no _stepwell/log");
    }
    if (auto snapshot = snapshot_of(root, SW_TRY(read_log(*log_of(root)))))
        return *std::move(snapshot);
    // A writer of an earlier build, or one at a power failure, died between its commit and the end
    // of publishing.
    const auto lock = SW_TRY(files::lock_file(lock_path(root), files::LockKind::exclusive,
                                              waiting.timeout, waiting.is_cancelled));
    LakeState state = SW_TRY(read_log(*log_of(root)));
    SW_TRY(recover(root, state, {}));
    auto snapshot = snapshot_of(root, state);
    if (!snapshot) return fail(missing_files(root, state));
    return *std::move(snapshot);
}

}  // namespace stepwell::tasks::lake
