// The log of a lake table: <root>/_stepwell/log/<20 digits>.json, one file a commit, in the order
// of commits, without a gap. The table is what the log says; the files beside it follow. The log
// asks no more of its place than a Store gives.
//
// A commit that stands in the log has happened. Every 32nd commit also has a .checkpoint.json
// beside it, with the whole state, so that reading does not grow with history. What the last two
// checkpoints make needless goes after kLogKept.
//
// Threads: LakeState is a value. Reading is safe beside a writer.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"
#include "tasks/files/store.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::lake {

using data::DataResult;

struct LakeFile {
    std::string path;  // relative to the table's root
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::int64_t commit = 0;

    /// The folder in which it stands: "year=2024/month=1".
    [[nodiscard]] std::string partition() const;
    bool operator==(const LakeFile&) const = default;
};

/// One entry of the log.
struct Commit {
    std::int64_t number = 0;
    std::string at;     // ISO, UTC
    std::string stage;  // the folder below _stepwell/stage that it publishes from
    std::string mode;
    std::string run_key;      // may be empty
    std::string fingerprint;  // of inputs and parameters; may be empty
    std::string execution;
    std::vector<std::string> partition_by;
    Json schema = Json::array();  // [{"name", "type"}]
    std::vector<LakeFile> added;
    std::vector<std::string> removed;              // paths
    std::vector<std::string> replaced_partitions;  // swapped whole, or new
    std::vector<std::string> removed_partitions;
    /// What writers remember about their sources, by the writer's name; merged over the older.
    Json bookmarks = Json::object();

    [[nodiscard]] Json to_json() const;
    static DataResult<Commit> from_json(const Json& json, std::int64_t number);
};

/// The table after a commit.
struct LakeState {
    std::int64_t version = 0;  // the number of its last commit; 0: no commit yet
    std::vector<std::string> partition_by;
    Json schema = Json::array();
    std::map<std::string, LakeFile> files;  // by path
    std::map<std::string, std::int64_t> run_keys;
    /// Of each fingerprint: its last commit, and how many files that added.
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> fingerprints;
    std::string stage;  // of the last commit
    Json bookmarks = Json::object();

    void apply(const Commit& commit);
    [[nodiscard]] std::int64_t rows() const;
    [[nodiscard]] std::vector<std::string> partitions() const;
    /// The commit with this fingerprint, where all that it wrote is still the table's.
    [[nodiscard]] std::optional<std::int64_t> standing_commit(const std::string& fingerprint) const;

    [[nodiscard]] Json to_json() const;
    static DataResult<LakeState> from_json(const Json& json);
};

/// How long entries stay in the log that nothing needs any more.
constexpr auto kLogKept = std::chrono::hours(30 * 24);

/// The state as of the last commit of a log. Fails with E_FORMAT where the log has a gap or cannot
/// be read.
DataResult<LakeState> read_log(const files::Store& log);
/// The commit point: the entry appears whole or not at all. Fails with E_CONFLICT where another
/// writer has taken the number.
DataResult<void> append_commit(files::Store& log, const Commit& commit);
DataResult<Commit> read_commit(const files::Store& log, std::int64_t number);
/// Where it is due; then takes what is older than kLogKept and needless out of the log. Not needed
/// for correctness; faults are left to the next one.
void write_checkpoint(files::Store& log, const LakeState& state, Timestamp now);

}  // namespace stepwell::tasks::lake
