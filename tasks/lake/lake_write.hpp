// Writing to a lake table, so that every reader sees the old version or the new one:
//
//   1 the writer's lock              5 each file gets its second name in _stepwell/files
//   2 files in _stepwell/stage/<id>  6 <root>/_stepwell/log/<n>.json appears: the commit point
//   3 row counts compared            7 each touched partition is swapped in, one step a partition
//   4 fsync of files and folders     8 old files to _stepwell/trash/<n>, the stage goes
//
// Readers of the log use the second names, which stay until the trash is purged: 7 and 8 are for
// programs that list the folders. Who dies before 6 has done nothing (the next writer removes the
// stage and the second names); who dies after 6 has done everything (the next writer repeats 7 and
// 8, which may be repeated).
//
// Threads: a LakeWrite belongs to one thread; several writes of one table wait for each other,
// between processes too.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/lake/lake_publish.hpp"
#include "tasks/lake/lake_table.hpp"

namespace stepwell::tasks::lake {

enum class WriteMode {
    error,  // the table must be empty
    append,
    ignore,                // does nothing where the table has rows
    overwrite,             // the whole table
    overwrite_partitions,  // the partitions that have staged files
    merge,                 // as overwrite_partitions: who stages has merged the rows
};

struct WriteOptions {
    WriteMode mode = WriteMode::overwrite_partitions;
    std::vector<std::string> partition_by;
    std::string run_key;  // a second write with it does nothing; "" = none
    std::string
        fingerprint;  // of inputs and parameters; a write whose result still stands does nothing
    std::string execution;
    std::string bookmark_name;            // who remembers sources; "" = nobody
    std::size_t max_partitions = 10'000;  // touched by one write
    Waiting waiting;
    /// Called between the steps with their name ("staged", "synced", "committed", ...); a failure
    /// leaves everything as a crash at this point would. For tests.
    FaultHook fault_hook;
};

struct StagedFile {
    std::string path;  // relative to data_folder(), with kStagedSuffix
    std::int64_t rows = 0;
};

struct WriteSummary {
    std::int64_t commit = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::vector<std::string> partitions_replaced;  // and added
    std::vector<std::string> partitions_removed;
    std::int64_t partitions_untouched = 0;
    std::int64_t files_added = 0;
    std::int64_t files_removed = 0;
};

class LakeWrite {
public:
    /// Takes the writer's lock, finishes what a dead writer left, and makes a new stage.
    static DataResult<LakeWrite> begin(const std::filesystem::path& root, WriteOptions options);
    LakeWrite(LakeWrite&&) noexcept = default;
    LakeWrite& operator=(LakeWrite&&) = delete;
    /// Removes what was staged and not committed.
    ~LakeWrite();

    /// The table before the write.
    [[nodiscard]] const LakeState& before() const { return before_; }
    /// The commit that makes this write needless: same run key, or same fingerprint and its files
    /// still stand, or mode `ignore` on a table with rows.
    [[nodiscard]] std::optional<std::int64_t> needless() const;
    /// What this writer remembered about its sources; empty at first.
    [[nodiscard]] Json bookmark() const;
    /// What is known only after begin(): the version of the inputs, what to remember of them.
    void set_source(std::string fingerprint, Json bookmark);
    /// Where the files are to be written, in folders named as partitions ("a=1/b=2/x.parquet"),
    /// without partitions straight into it.
    [[nodiscard]] std::filesystem::path data_folder() const;

    /// Steps 3 to 8. `files` are all that was staged; their rows must add up to `rows_expected`.
    /// `emptied`: partitions to remove beside those that the mode removes.
    ///
    /// Fails with E_ROW_COUNT, E_PARTITION_LIMIT, E_CONFLICT (the table has rows and the mode is
    /// `error`; the partitioning differs); nothing has changed then.
    DataResult<WriteSummary> commit(const std::vector<StagedFile>& files,
                                    std::int64_t rows_expected, const Json& schema,
                                    const std::vector<std::string>& emptied = {});

private:
    LakeWrite(std::filesystem::path root, WriteOptions options, std::shared_ptr<void> lock,
              LakeState before);
    DataResult<void> check(const std::vector<StagedFile>& files, std::int64_t rows_expected) const;
    DataResult<Commit> plan(const std::vector<StagedFile>& files, const Json& schema,
                            const std::vector<std::string>& emptied) const;
    DataResult<void> link_kept_files(const Commit& commit) const;
    DataResult<void> give_second_names(const Commit& commit) const;
    DataResult<void> reach(std::string_view point);

    std::filesystem::path root_;
    WriteOptions options_;
    std::shared_ptr<void> lock_;
    LakeState before_;
    std::string stage_;
    Json bookmark_ = Json::object();
    bool owns_stage_ = true;
};

}  // namespace stepwell::tasks::lake
