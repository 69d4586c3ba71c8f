#include "tasks/lake/lake_write.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "engine/base/time.hpp"
#include "engine/base/uuid.hpp"
#include "tasks/files/durable_files.hpp"
#include "tasks/lake/lake_publish.hpp"
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

std::string now_text() {
    return to_iso8601(wall_clock());
}

/// The partition a staged file belongs to.
std::string partition_of(const std::string& path) {
    const std::string folder = fs::path(path).parent_path().string();
    return folder.empty() ? std::string(kUnpartitioned) : folder;
}

/// Tables of earlier builds have no second names.
DataResult<void> adopt(const fs::path& root, const LakeState& state) {
    for (const auto& [path, file] : state.files) {
        if (files::is_there(root / path)) SW_TRY(give_second_name(root, root / path, path));
    }
    return {};
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

}  // namespace

LakeWrite::LakeWrite(fs::path root, WriteOptions options, std::shared_ptr<void> lock,
                     LakeState before)
    : root_(std::move(root)),
      options_(std::move(options)),
      lock_(std::move(lock)),
      before_(std::move(before)),
      stage_(new_stage_name()) {}

LakeWrite::~LakeWrite() {
    if (lock_ != nullptr && owns_stage_)
        (void)discard_stage(root_, stage_folder(root_) / stage_, before_);
}

DataResult<LakeWrite> LakeWrite::begin(const fs::path& root, WriteOptions options) {
    SW_TRY(files::make_folder(stage_folder(root)));
    auto lock = SW_TRY(files::lock_file(lock_path(root), files::LockKind::exclusive,
                                        options.waiting.timeout, options.waiting.is_cancelled));
    SW_TRY(check_is_ours(root));
    LakeState before = SW_TRY(read_log(*log_of(root)));
    SW_TRY(recover(root, before, options.fault_hook));
    SW_TRY(adopt(root, before));
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
    auto reached_it = reached(options_.fault_hook, point);
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

/// Before the commit names them, so that whoever reads the log finds all that it says.
DataResult<void> LakeWrite::give_second_names(const Commit& commit) const {
    for (const auto& file : commit.added) {
        SW_TRY(give_second_name(
            root_, stage_folder(root_) / stage_ / (file.path + std::string(kStagedSuffix)),
            file.path));
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
    SW_TRY(give_second_names(commit));
    SW_TRY(reach("named"));
    SW_TRY(append_commit(*log_of(root_), commit));
    owns_stage_ = false;
    SW_TRY(reach("committed"));
    SW_TRY(publish(root_, commit, options_.fault_hook));
    WriteSummary summary;
    before_.apply(commit);
    write_checkpoint(*log_of(root_), before_, wall_clock());
    purge_trash(root_, before_);
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

}  // namespace stepwell::tasks::lake
