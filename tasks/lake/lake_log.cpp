#include "tasks/lake/lake_log.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>

namespace stepwell::tasks::lake {
namespace {

namespace fs = std::filesystem;
using data::data_fail;
using files::Store;

constexpr std::int64_t kCheckpointEvery = 32;
constexpr std::size_t kDigits = 20;
/// Older run keys are forgotten: a retry comes within days, not within thousands of commits.
constexpr std::int64_t kKeysKeptCommits = 4096;

std::string file_name(std::int64_t number, std::string_view suffix) {
    char digits[kDigits + 1];
    std::snprintf(digits, sizeof digits, "%020lld", static_cast<long long>(number));
    return std::string(digits, kDigits) + std::string(suffix);
}

std::optional<std::int64_t> number_of(const std::string& name, std::string_view suffix) {
    if (name.size() != kDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, number);
    if (error != std::errc{} || end != name.data() + kDigits) return std::nullopt;
    return number;
}

Json files_json(const std::vector<LakeFile>& files) {
    Json list = Json::array();
    for (const auto& file : files) {
        list.push_back({{"path", file.path},
                        {"rows", file.rows},
                        {"bytes", file.bytes},
                        {"commit", file.commit}});
    }
    return list;
}

std::vector<LakeFile> files_from(const Json& list) {
    std::vector<LakeFile> files;
    for (const auto& file : list)
        files.push_back({file.at("path"), file.at("rows"), file.at("bytes"), file.at("commit")});
    return files;
}

DataResult<Json> read_json(const Store& log, const std::string& name) {
    const std::string text = SW_TRY(log.read(name));
    auto json = parse_json(text);
    if (!json)
        return data_fail("E_FORMAT", name + " of a lake table's log: " + json.error().message);
    return *std::move(json);
}

}  // namespace

std::string LakeFile::partition() const {
    return fs::path(path).parent_path().string();
}

Json Commit::to_json() const {
    return {{"version", number},
            {"at", at},
            {"mode", mode},
            {"stage", stage},
            {"run_key", run_key},
            {"fingerprint", fingerprint},
            {"execution", execution},
            {"partition_by", partition_by},
            {"schema", schema},
            {"add", files_json(added)},
            {"remove", removed},
            {"partitions", {{"replaced", replaced_partitions}, {"removed", removed_partitions}}},
            {"bookmarks", bookmarks}};
}

DataResult<Commit> Commit::from_json(const Json& json, std::int64_t number) {
    try {
        Commit commit;
        commit.number = number;
        commit.at = json.at("at");
        commit.mode = json.at("mode");
        commit.stage = json.at("stage");
        commit.run_key = json.at("run_key");
        commit.fingerprint = json.at("fingerprint");
        commit.execution = json.at("execution");
        commit.partition_by = json.at("partition_by").get<std::vector<std::string>>();
        commit.schema = json.at("schema");
        commit.added = files_from(json.at("add"));
        commit.removed = json.at("remove").get<std::vector<std::string>>();
        commit.replaced_partitions =
            json.at("partitions").at("replaced").get<std::vector<std::string>>();
        commit.removed_partitions =
            json.at("partitions").at("removed").get<std::vector<std::string>>();
        commit.bookmarks = json.at("bookmarks");
        return commit;
    } catch (const Json::exception& fault) {
        return data_fail("E_FORMAT", "commit " + std::to_string(number) +
                                         " of the lake table's log: " + fault.what());
    }
}

void LakeState::apply(const Commit& commit) {
    for (const auto& path : commit.removed) files.erase(path);
    for (const auto& file : commit.added) files[file.path] = file;
    version = commit.number;
    partition_by = commit.partition_by;
    schema = commit.schema;
    stage = commit.stage;
    bookmarks.merge_patch(commit.bookmarks);
    if (!commit.run_key.empty()) run_keys[commit.run_key] = commit.number;
    if (!commit.fingerprint.empty()) {
        fingerprints[commit.fingerprint] = {commit.number,
                                            static_cast<std::int64_t>(commit.added.size())};
    }
    std::erase_if(run_keys,
                  [&](const auto& entry) { return entry.second + kKeysKeptCommits < version; });
    std::erase_if(fingerprints, [&](const auto& entry) {
        return entry.second.first + kKeysKeptCommits < version;
    });
}

std::int64_t LakeState::rows() const {
    std::int64_t total = 0;
    for (const auto& [path, file] : files) total += file.rows;
    return total;
}

std::vector<std::string> LakeState::partitions() const {
    std::vector<std::string> result;
    for (const auto& [path, file] : files) result.push_back(file.partition());
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

std::optional<std::int64_t> LakeState::standing_commit(const std::string& fingerprint) const {
    const auto found = fingerprints.find(fingerprint);
    if (fingerprint.empty() || found == fingerprints.end()) return std::nullopt;
    const std::int64_t commit = found->second.first;
    const auto added = found->second.second;
    const auto standing = std::count_if(files.begin(), files.end(), [&](const auto& entry) {
        return entry.second.commit == commit;
    });
    const bool stands = added > 0 ? standing == added : version == commit;
    return stands ? std::optional(commit) : std::nullopt;
}

Json LakeState::to_json() const {
    std::vector<LakeFile> all;
    for (const auto& [path, file] : files) all.push_back(file);
    Json keys = Json::object();
    for (const auto& [key, commit] : run_keys) keys[key] = commit;
    Json prints = Json::object();
    for (const auto& [print, commit] : fingerprints) prints[print] = {commit.first, commit.second};
    return {{"version", version},     {"stage", stage},           {"partition_by", partition_by},
            {"schema", schema},       {"files", files_json(all)}, {"run_keys", keys},
            {"fingerprints", prints}, {"bookmarks", bookmarks}};
}

DataResult<LakeState> LakeState::from_json(const Json& json) {
    try {
        LakeState state;
        state.version = json.at("version");
        state.stage = json.at("stage");
        state.partition_by = json.at("partition_by").get<std::vector<std::string>>();
        state.schema = json.at("schema");
        state.bookmarks = json.at("bookmarks");
        for (auto& file : files_from(json.at("files"))) state.files[file.path] = std::move(file);
        for (const auto& [key, commit] : json.at("run_keys").items()) state.run_keys[key] = commit;
        for (const auto& [print, commit] : json.at("fingerprints").items()) {
            state.fingerprints[print] = {commit.at(0).get<std::int64_t>(),
                                         commit.at(1).get<std::int64_t>()};
        }
        return state;
    } catch (const Json::exception& fault) {
        return data_fail("E_FORMAT",
                         std::string("a checkpoint of the lake table's log: ") + fault.what());
    }
}

namespace {

struct LogNames {
    std::int64_t last_commit = 0;
    std::vector<std::int64_t> checkpoints;
};

DataResult<LogNames> list_log(const Store& log) {
    LogNames names;
    for (const auto& [name, at] : SW_TRY(log.list(""))) {
        if (const auto commit = number_of(name, ".json"))
            names.last_commit = std::max(names.last_commit, *commit);
        if (const auto checkpoint = number_of(name, ".checkpoint.json"))
            names.checkpoints.push_back(*checkpoint);
    }
    std::sort(names.checkpoints.rbegin(), names.checkpoints.rend());
    return names;
}

/// The newest checkpoint that can be read; a broken one costs only time.
LakeState newest_checkpoint(const Store& log, const LogNames& names) {
    for (const auto number : names.checkpoints) {
        if (number > names.last_commit) continue;
        const auto json = read_json(log, file_name(number, ".checkpoint.json"));
        if (!json) continue;
        auto state = LakeState::from_json(*json);
        if (state && state->version == number) return *std::move(state);
    }
    return {};
}

}  // namespace

DataResult<Commit> read_commit(const Store& log, std::int64_t number) {
    const Json json = SW_TRY(read_json(log, file_name(number, ".json")));
    return Commit::from_json(json, number);
}

DataResult<LakeState> read_log(const Store& log) {
    const LogNames names = SW_TRY(list_log(log));
    LakeState state = newest_checkpoint(log, names);
    for (std::int64_t number = state.version + 1; number <= names.last_commit; ++number) {
        auto commit = read_commit(log, number);
        if (!commit && commit.error().code == "E_NOT_FOUND") {
            return data_fail("E_FORMAT",
                             "expected the lake table's log to be without a gap, but "
                             "commit " +
                                 std::to_string(number) + " of " +
                                 std::to_string(names.last_commit) +
                                 " is not there; restore it from a backup");
        }
        state.apply(SW_TRY(std::move(commit)));
    }
    return state;
}

DataResult<void> append_commit(Store& log, const Commit& commit) {
    return log.put_if_absent(file_name(commit.number, ".json"), commit.to_json().dump(1));
}

namespace {

bool can_be_read(const Store& log, std::int64_t checkpoint) {
    const auto json = read_json(log, file_name(checkpoint, ".checkpoint.json"));
    return json && LakeState::from_json(*json).has_value();
}

/// Reading begins at the newest checkpoint, or at the one before where that is broken.
void prune_log(Store& log, Timestamp now) {
    const auto known = list_log(log);
    if (!known || known->checkpoints.size() < 2) return;
    const std::int64_t needed = known->checkpoints[1];
    if (!can_be_read(log, known->checkpoints[0]) || !can_be_read(log, needed)) return;
    const auto names = log.list("");
    if (!names) return;
    for (const auto& [name, at] : *names) {
        const auto commit = number_of(name, ".json");
        const auto checkpoint = number_of(name, ".checkpoint.json");
        const bool is_needless =
            (commit && *commit <= needed) || (checkpoint && *checkpoint < needed);
        if (is_needless && at < now - kLogKept) (void)log.remove(name);
    }
}

}  // namespace

void write_checkpoint(Store& log, const LakeState& state, Timestamp now) {
    if (state.version % kCheckpointEvery != 0) return;
    const auto written =
        log.put_if_absent(file_name(state.version, ".checkpoint.json"), to_text(state.to_json()));
    if (written) prune_log(log, now);
}

}  // namespace stepwell::tasks::lake
