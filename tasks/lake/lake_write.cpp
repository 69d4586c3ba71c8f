#include "tasks/lake/lake_write.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "engine/base/time.hpp"
#include "engine/base/uuid.hpp"
#include "tasks/files/durable_files.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks::lake {
namespace {

namespace fs = std::filesystem;
using data::data_fail;

/// Where files stand that have no partition: a folder, so that it can be swapped as one.
constexpr std::string_view kUnpartitioned = "data";

std::string new_stage_name() {
    std::random_device device;
    Prng random((static_cast<std::uint64_t>(device()) << 32) ^ device());
    return uuid4(random);
}

fs::path lock_path(const fs::path& root) {
    return root / "_stepwell" / "writer.lock";
}

/// Readers share a lock that a publishing writer takes alone. The gate in front of it lets a
/// waiting writer pass before readers that come later.
DataResult<std::shared_ptr<void>> lock_readers(const fs::path& root, files::LockKind kind,
                                               const Waiting& waiting) {
    const fs::path folder = root / "_stepwell";
    const auto gate =
        SW_TRY(files::lock_file(folder / "gate.lock", kind, waiting.timeout, waiting.is_cancelled));
    return files::lock_file(folder / "readers.lock", kind, waiting.timeout, waiting.is_cancelled);
}

DataResult<void> reached(const WriteOptions& options, std::string_view point) {
    return options.fault_hook ? options.fault_hook(point) : DataResult<void>{};
}

std::string now_text() {
    return to_iso8601(wall_clock());
}

/// The partition a staged file belongs to.
std::string partition_of(const std::string& path) {
    const std::string folder = fs::path(path).parent_path().string();
    return folder.empty() ? std::string(kUnpartitioned) : folder;
}

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
                                   const std::string& partition, const WriteOptions& options) {
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
    SW_TRY(reached(options, "published " + partition));
    SW_TRY(discard(root, stage_folder(root) / commit.stage / "_old" / partition, trash, partition));
    SW_TRY(discard(root, staged, trash, partition));
    return reached(options, "trashed " + partition);
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

/// How long replaced files stay: for readers of older versions, and for regrets.
constexpr auto kTrashKept = std::chrono::hours(7 * 24);

void purge_trash(const fs::path& root) {
    std::error_code failed;
    const auto oldest = fs::file_time_type::clock::now() - kTrashKept;
    for (fs::directory_iterator it(trash_folder(root), failed), end; !failed && it != end;
         it.increment(failed)) {
        std::error_code unreadable;
        const auto at = it->last_write_time(unreadable);
        if (!unreadable && at < oldest) (void)files::remove_tree(it->path());
    }
}

/// A folder with files but without a log is somebody else's.
DataResult<void> check_is_ours(const fs::path& root) {
    if (is_lake_table(root)) return {};
    for (const auto& name : SW_TRY(files::files_below(root))) {
        if (name.starts_with("_stepwell/")) continue;
        return data_fail("E_CONFLICT",
                         root.string() +
                             ": expected an empty folder or a lake table, but it holds '" + name +
                             "' and no _stepwell/log; choose another folder");
    }
    return {};
}

/// Steps 6 and 7. May be repeated after a crash at any point.
DataResult<void> publish(const fs::path& root, const Commit& commit, const WriteOptions& options) {
    const fs::path stage = stage_folder(root) / commit.stage;
    if (!files::is_there(stage)) return {};
    for (const auto& partition : commit.replaced_partitions)
        SW_TRY(publish_partition(root, commit, partition, options));
    for (const auto& partition : commit.removed_partitions)
        SW_TRY(remove_partition(root, commit, partition));
    SW_TRY(reached(options, "published"));
    SW_TRY(files::remove_tree(stage));
    return files::sync_folder(stage_folder(root));
}

}  // namespace

bool is_lake_table(const fs::path& root) {
    return files::is_there(log_folder(root));
}

DataResult<void> recover(const fs::path& root, const LakeState& state,
                         const WriteOptions& options) {
    if (!files::is_there(stage_folder(root))) return {};
    if (state.version > 0 && files::is_there(stage_folder(root) / state.stage)) {
        const Commit commit = SW_TRY(read_commit(root, state.version));
        const auto readers =
            SW_TRY(lock_readers(root, files::LockKind::exclusive, options.waiting));
        SW_TRY(publish(root, commit, options));
    }
    std::error_code failed;
    for (fs::directory_iterator it(stage_folder(root), failed), end; !failed && it != end;
         it.increment(failed)) {
        SW_TRY(files::remove_tree(it->path()));
    }
    return {};
}

DataResult<Snapshot> read_snapshot(const fs::path& root, const Waiting& waiting) {
    if (!is_lake_table(root)) {
        return data_fail("E_NOT_FOUND",
                         root.string() + ": expected a lake table, but it has no _stepwell/log");
    }
    while (true) {
        Snapshot snapshot;
        snapshot.guard = SW_TRY(lock_readers(root, files::LockKind::shared, waiting));
        snapshot.state = SW_TRY(read_log(root));
        const bool is_published = snapshot.state.version == 0 ||
                                  !files::is_there(stage_folder(root) / snapshot.state.stage);
        if (is_published) {
            for (const auto& [path, file] : snapshot.state.files)
                snapshot.paths.push_back(root / path);
            return snapshot;
        }
        // A writer died between its commit and the end of publishing: finish its work.
        snapshot.guard.reset();
        WriteOptions options;
        options.waiting = waiting;
        const auto lock = SW_TRY(files::lock_file(lock_path(root), files::LockKind::exclusive,
                                                  waiting.timeout, waiting.is_cancelled));
        const LakeState now = SW_TRY(read_log(root));
        SW_TRY(recover(root, now, options));
    }
}

LakeWrite::LakeWrite(fs::path root, WriteOptions options, std::shared_ptr<void> lock,
                     LakeState before)
    : root_(std::move(root)),
      options_(std::move(options)),
      lock_(std::move(lock)),
      before_(std::move(before)),
      stage_(new_stage_name()) {}

LakeWrite::~LakeWrite() {
    if (lock_ != nullptr && owns_stage_) (void)files::remove_tree(stage_folder(root_) / stage_);
}

DataResult<LakeWrite> LakeWrite::begin(const fs::path& root, WriteOptions options) {
    SW_TRY(files::make_folder(stage_folder(root)));
    auto lock = SW_TRY(files::lock_file(lock_path(root), files::LockKind::exclusive,
                                        options.waiting.timeout, options.waiting.is_cancelled));
    SW_TRY(check_is_ours(root));
    LakeState before = SW_TRY(read_log(root));
    SW_TRY(recover(root, before, options));
    LakeWrite write(root, std::move(options), std::move(lock), std::move(before));
    SW_TRY(files::make_folder(write.data_folder()));
    return write;
}

std::optional<std::int64_t> LakeWrite::needless() const {
    const auto repeated = before_.run_keys.find(options_.run_key);
    if (!options_.run_key.empty() && repeated != before_.run_keys.end()) return repeated->second;
    if (options_.mode == WriteMode::ignore && !before_.files.empty()) return before_.version;
    return options_.mode == WriteMode::append ? std::nullopt
                                              : before_.standing_commit(options_.fingerprint);
}

Json LakeWrite::bookmark() const {
    const Json* known = find(before_.bookmarks, options_.bookmark_name);
    return known != nullptr ? *known : Json::object();
}

void LakeWrite::set_source(std::string fingerprint, Json bookmark) {
    options_.fingerprint = std::move(fingerprint);
    bookmark_ = std::move(bookmark);
}

fs::path LakeWrite::data_folder() const {
    const fs::path stage = stage_folder(root_) / stage_;
    return options_.partition_by.empty() ? stage / kUnpartitioned : stage;
}

DataResult<void> LakeWrite::reach(std::string_view point) {
    auto reached_it = reached(options_, point);
    if (!reached_it) owns_stage_ = false;
    return reached_it;
}

DataResult<void> LakeWrite::check(const std::vector<StagedFile>& files,
                                  std::int64_t rows_expected) const {
    if (options_.mode == WriteMode::error && !before_.files.empty()) {
        return data_fail("E_CONFLICT",
                         root_.string() +
                             ": expected a table without rows (mode: error), but it has " +
                             std::to_string(before_.rows()));
    }
    const bool keeps_files = options_.mode != WriteMode::overwrite && !before_.files.empty();
    if (keeps_files && before_.partition_by != options_.partition_by) {
        return data_fail("E_CONFLICT", root_.string() + ": expected partition_by " +
                                           Json(before_.partition_by).dump() +
                                           ", as the table has it, but got " +
                                           Json(options_.partition_by).dump() +
                                           "; use mode: overwrite to change it");
    }
    std::int64_t rows = 0;
    for (const auto& file : files) rows += file.rows;
    if (rows == rows_expected) return {};
    return data_fail("E_ROW_COUNT", "expected " + std::to_string(rows_expected) +
                                        " rows in the staged files, but their footers say " +
                                        std::to_string(rows));
}

DataResult<Commit> LakeWrite::plan(const std::vector<StagedFile>& files, const Json& schema,
                                   const std::vector<std::string>& emptied) const {
    Commit commit{.number = before_.version + 1,
                  .at = now_text(),
                  .stage = stage_,
                  .mode = "",
                  .run_key = options_.run_key,
                  .fingerprint = options_.fingerprint,
                  .execution = options_.execution,
                  .partition_by = options_.partition_by,
                  .schema = schema,
                  .added = {},
                  .removed = {},
                  .replaced_partitions = {},
                  .removed_partitions = {},
                  .bookmarks = Json::object()};
    static constexpr const char* kModes[] = {
        "error", "append", "ignore", "overwrite", "overwrite_partitions", "merge"};
    commit.mode = kModes[static_cast<std::size_t>(options_.mode)];
    if (!bookmark_.empty()) commit.bookmarks[options_.bookmark_name] = bookmark_;
    std::set<std::string> touched;
    for (const auto& file : files) {
        const std::string partition = partition_of(file.path);
        touched.insert(partition);
        SW_ASSERT(file.path.ends_with(kStagedSuffix));
        std::string name = fs::path(file.path).filename().string();
        name.resize(name.size() - kStagedSuffix.size());
        std::error_code failed;
        const auto bytes = fs::file_size(data_folder() / file.path, failed);
        if (failed)
            return data_fail("E_DISK",
                             file.path + ": expected a staged file, but: " + failed.message());
        commit.added.push_back(
            {partition + "/" + name, file.rows, static_cast<std::int64_t>(bytes), commit.number});
    }
    std::set<std::string> removed(emptied.begin(), emptied.end());
    for (const auto& [path, file] : before_.files) {
        const std::string partition = file.partition();
        const bool is_replaced = options_.mode != WriteMode::append && touched.contains(partition);
        const bool is_removed =
            !touched.contains(partition) &&
            (options_.mode == WriteMode::overwrite || removed.contains(partition));
        if (is_replaced || is_removed) commit.removed.push_back(path);
        if (is_removed) removed.insert(partition);
    }
    for (const auto& partition : removed) {
        if (!touched.contains(partition)) commit.removed_partitions.push_back(partition);
    }
    commit.replaced_partitions.assign(touched.begin(), touched.end());
    if (touched.size() + commit.removed_partitions.size() <= options_.max_partitions) return commit;
    return data_fail("E_PARTITION_LIMIT",
                     "expected at most " + std::to_string(options_.max_partitions) +
                         " partitions in one write, but there are " +
                         std::to_string(touched.size()) +
                         "; choose a coarser partition_by or raise max_partitions");
}

DataResult<void> LakeWrite::link_kept_files(const Commit& commit) const {
    if (options_.mode != WriteMode::append) return {};
    for (const auto& [path, file] : before_.files) {
        const std::string partition = file.partition();
        if (!std::binary_search(commit.replaced_partitions.begin(),
                                commit.replaced_partitions.end(), partition))
            continue;
        SW_TRY(files::link_file(
            root_ / path, stage_folder(root_) / stage_ / (path + std::string(kStagedSuffix))));
    }
    return {};
}

DataResult<WriteSummary> LakeWrite::commit(const std::vector<StagedFile>& files,
                                           std::int64_t rows_expected, const Json& schema,
                                           const std::vector<std::string>& emptied) {
    SW_TRY(reach("staged"));
    SW_TRY(check(files, rows_expected));
    const Commit commit = SW_TRY(plan(files, schema, emptied));
    SW_TRY(link_kept_files(commit));
    SW_TRY(files::sync_tree(stage_folder(root_) / stage_));
    SW_TRY(reach("synced"));
    // From the commit to the end of publishing no reader may look: the log already names files
    // that are not yet in their places.
    const auto readers = SW_TRY(lock_readers(root_, files::LockKind::exclusive, options_.waiting));
    SW_TRY(reach("locked"));
    SW_TRY(append_commit(root_, commit));
    owns_stage_ = false;
    SW_TRY(reach("committed"));
    SW_TRY(publish(root_, commit, options_));
    WriteSummary summary;
    before_.apply(commit);
    write_checkpoint(root_, before_);
    purge_trash(root_);
    summary.commit = commit.number;
    summary.rows = rows_expected;
    summary.partitions_replaced = commit.replaced_partitions;
    summary.partitions_removed = commit.removed_partitions;
    summary.partitions_untouched = static_cast<std::int64_t>(before_.partitions().size()) -
                                   static_cast<std::int64_t>(commit.replaced_partitions.size());
    summary.files_added = static_cast<std::int64_t>(commit.added.size());
    summary.files_removed = static_cast<std::int64_t>(commit.removed.size());
    for (const auto& file : commit.added) summary.bytes += file.bytes;
    return summary;
}

namespace {

constexpr std::string_view kNullFolder = "__HIVE_DEFAULT_PARTITION__";

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

std::string percent_encoded(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        if (is_plain(c))
            result += c;
        else
            result += {'%', kHex[static_cast<unsigned char>(c) >> 4], kHex[c & 15]};
    }
    return result;
}

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto high =
            text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
        if (!low) {
            result += text[i];
            continue;
        }
        result += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    return result;
}

}  // namespace

std::string partition_folder(std::string_view column, const std::optional<std::string>& value) {
    return percent_encoded(column) + "=" +
           (value ? percent_encoded(*value) : std::string(kNullFolder));
}

std::optional<std::pair<std::string, std::optional<std::string>>> parse_partition_folder(
    std::string_view folder) {
    const auto equals = folder.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    const std::string_view value = folder.substr(equals + 1);
    std::optional<std::string> decoded;
    if (value != kNullFolder) decoded = percent_decoded(value);
    return std::pair(percent_decoded(folder.substr(0, equals)), std::move(decoded));
}

}  // namespace stepwell::tasks::lake
