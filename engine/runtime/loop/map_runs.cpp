#include "engine/runtime/loop/map_runs.hpp"

#include "engine/runtime/map_run_documents.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::size_t kDocumentsAtOnce = 500;

journal::DocumentWrite write_of(std::string collection, std::string key,
                                std::optional<std::string> value) {
    journal::DocumentWrite write;
    write.collection = std::move(collection);
    write.key = std::move(key);
    write.value = std::move(value);
    return write;
}

bool has_something_to_do(const OpenMapRun& open) {
    const core::MapRun& run = open.run;
    if (run.task != core::MapRunTask::none) {
        const bool is_given_up = run.task == core::MapRunTask::reading && run.drains_to;
        return !open.is_task_ordered || is_given_up;
    }
    if (core::is_over(run) || core::free_places(run) > 0) return true;
    return run.drains_to && (!open.to_stop || !open.to_stop->empty());
}

// No attempt of a state has so high a number: MaxAttempts is below 2^27.
constexpr std::uint32_t kTaskBit = std::uint32_t{1} << 31;
constexpr std::uint32_t kRoundBits = 27;
constexpr std::uint32_t kRoundMask = 15;
constexpr std::uint32_t kAttemptMask = (std::uint32_t{1} << kRoundBits) - 1;

}  // namespace

TaskToken task_token_of(const core::MapRun& run) {
    const std::uint32_t kind = run.task == core::MapRunTask::writing ? 1 : 0;
    const std::uint32_t round = (2 * run.redrives + kind) & kRoundMask;
    TaskToken token = run.token;
    token.attempt = kTaskBit | round << kRoundBits | (token.attempt & kAttemptMask);
    return token;
}

std::optional<TaskToken> map_run_of(const TaskToken& task) {
    if ((task.attempt & kTaskBit) == 0) return std::nullopt;
    return TaskToken{task.execution, task.frame, task.attempt & kAttemptMask};
}

Result<void> MapRuns::load() {
    clear();
    std::string after;
    for (;;) {
        const auto some = SW_TRY(journal_.documents(kOpenMapRuns, after, kDocumentsAtOnce));
        for (const auto& one : some) SW_TRY(load_one(one.key));
        if (some.size() < kDocumentsAtOnce) return {};
        after = some.back().key;
    }
}

void MapRuns::clear() {
    runs_.clear();
    busy_.clear();
    dirty_.clear();
    last_.reset();
    held_until_.reset();
    to_sweep_.clear();
}

Result<OpenMapRun*> MapRuns::reopen(const TaskToken& token, Timestamp now) {
    const std::string key = map_run_key(token);
    if (!SW_TRY(journal_.document(kMapRuns, key))) return static_cast<OpenMapRun*>(nullptr);
    OpenMapRun* open = SW_TRY(load_one(key));
    open->is_listed = false;
    core::redrive(open->run, now);
    changed(*open);
    return open;
}

Result<OpenMapRun*> MapRuns::load_one(const std::string& key) {
    const auto text = SW_TRY(journal_.document(kMapRuns, key));
    const auto damaged = [&] {
        return fail(ErrorCode::corruption,
                    "Map Run " + key + ": expected what is kept of it, but it is damaged");
    };
    if (!text) return damaged();
    const auto json = parse_json(*text);
    if (!json) return damaged();
    OpenMapRun& open = add(SW_TRY(core::map_run_from(*json)));
    open.is_task_ordered = with_task_.contains(task_token_of(open.run));
    changed(open);
    dirty_.erase(open.run.token);
    open.is_listed = true;
    SW_TRY(load_results(open));
    return &open;
}

Result<void> MapRuns::load_results(OpenMapRun& open) {
    for (std::uint64_t part = 0; part < open.run.result_parts; ++part) {
        const std::string key = map_run_part_key(open.run.token, part);
        const auto text = SW_TRY(journal_.document(kMapRunParts, key));
        const auto json = text ? parse_json(*text) : Result<Json>(Json());
        if (!json || !json->is_array()) {
            return fail(ErrorCode::corruption,
                        "Map Run part " + key + ": expected outputs, but they are damaged");
        }
        for (const Json& one : *json) {
            open.results.emplace_back(ExecutionId{one.at(0).get<std::uint64_t>()},
                                      one.at(1).get<std::string>());
        }
    }
    if (open.run.is_result_too_large) open.results.clear();
    open.stored = open.results.size();
    return {};
}

OpenMapRun& MapRuns::add(core::MapRun run) {
    const TaskToken token = run.token;
    OpenMapRun& open = runs_[token];
    open = OpenMapRun{};
    open.run = std::move(run);
    changed(open);
    return open;
}

OpenMapRun* MapRuns::find(const TaskToken& token) {
    if (runs_.empty()) return nullptr;
    const auto at = runs_.find(token);
    return at == runs_.end() ? nullptr : &at->second;
}

void MapRuns::changed(OpenMapRun& open) {
    dirty_.insert(open.run.token);
    if (has_something_to_do(open)) {
        busy_.insert(open.run.token);
    } else {
        busy_.erase(open.run.token);
    }
}

OpenMapRun* MapRuns::next() {
    if (busy_.empty()) return nullptr;
    auto at = last_ ? busy_.upper_bound(*last_) : busy_.begin();
    if (at == busy_.end()) at = busy_.begin();
    last_ = *at;
    return find(*at);
}

std::vector<TaskToken> MapRuns::of(ExecutionId execution) const {
    std::vector<TaskToken> tokens;
    for (auto at = runs_.lower_bound({execution, FrameId{0}, 0});
         at != runs_.end() && at->first.execution == execution; ++at) {
        tokens.push_back(at->first);
    }
    return tokens;
}

void MapRuns::write(OpenMapRun& open, journal::Batch& batch) {
    core::MapRun& run = open.run;
    const std::string key = map_run_key(run.token);
    if (open.stored < open.results.size()) {
        Json part = Json::array();
        for (; open.stored < open.results.size(); ++open.stored) {
            const auto& [child, text] = open.results[open.stored];
            part.push_back(Json::array({value_of(child), text}));
        }
        batch.add(
            write_of(kMapRunParts, map_run_part_key(run.token, run.result_parts++), to_text(part)));
    }
    batch.add(write_of(kMapRuns, key, to_text(core::to_json(run))));
    open.begun.clear();
}

void MapRuns::write(journal::Batch& batch) {
    for (const TaskToken& token : std::exchange(dirty_, {})) {
        OpenMapRun& open = runs_.at(token);
        if (!std::exchange(open.is_listed, true)) {
            const std::string key = map_run_key(token);
            batch.add(write_of(kOpenMapRuns, key, ""));
            batch.add(write_of(kMapRunNames, map_run_name(open.run.plan.arn), key));
        }
        write(open, batch);
    }
}

/// What its executions gave is needed no more, unless a redrive may take it up.
void MapRuns::close(const TaskToken& token, journal::Batch& batch) {
    OpenMapRun& open = runs_.at(token);
    const bool is_for_good = open.run.status == core::MapRunStatus::succeeded;
    if (is_for_good) open.stored = open.results.size();
    write(open, batch);
    const std::string key = map_run_key(token);
    for (std::uint64_t part = 0; is_for_good && part < open.run.result_parts; ++part) {
        batch.add(write_of(kMapRunParts, map_run_part_key(token, part), std::nullopt));
    }
    batch.add(write_of(kMapRunNames, map_run_name(open.run.plan.arn), key));
    batch.add(write_of(kOpenMapRuns, key, std::nullopt));
    if (is_for_good) to_sweep_.push_back(token);
    busy_.erase(token);
    dirty_.erase(token);
    runs_.erase(token);
}

std::filesystem::path MapRuns::folder_of(const TaskToken& token) const {
    return folder_ / map_run_key(token);
}

/// What cannot be removed now is with the next start.
void MapRuns::sweep() {
    for (const TaskToken& token : std::exchange(to_sweep_, {})) {
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_of(token), ignored);
    }
}

Result<void> MapRuns::sweep_all() {
    std::error_code failed;
    if (folder_.empty() || !std::filesystem::is_directory(folder_, failed)) return {};
    for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
        const auto token = parse_map_run_key(entry.path().filename().string());
        if (!token) continue;
        const auto text = SW_TRY(journal_.document(kMapRuns, map_run_key(*token)));
        const auto json = text ? parse_json(*text) : Result<Json>(Json());
        const auto run = json ? core::map_run_from(*json) : Result<core::MapRun>(core::MapRun{});
        const bool is_done = run && run->status == core::MapRunStatus::succeeded;
        if (!text || is_done) to_sweep_.push_back(*token);
    }
    sweep();
    return {};
}

Result<void> MapRuns::forget(ExecutionId execution, journal::Batch& batch) {
    const std::string prefix = map_run_key_prefix(execution);
    std::string after = prefix;
    for (;;) {
        const auto some = SW_TRY(journal_.documents(kMapRuns, after, kDocumentsAtOnce));
        for (const auto& one : some) {
            if (!one.key.starts_with(prefix)) return {};
            forget(one, batch);
        }
        if (some.size() < kDocumentsAtOnce) return {};
        after = some.back().key;
    }
}

/// What is damaged cannot say under which name it is known, nor what its parts are.
void MapRuns::forget(const journal::DocumentRecord& document, journal::Batch& batch) {
    batch.add(write_of(kMapRuns, document.key, std::nullopt));
    if (const auto token = parse_map_run_key(document.key)) to_sweep_.push_back(*token);
    const auto json = parse_json(document.value);
    const auto run = json ? core::map_run_from(*json) : Result<core::MapRun>(core::MapRun{});
    if (!run || run->plan.arn.empty()) return;
    batch.add(write_of(kMapRunNames, map_run_name(run->plan.arn), std::nullopt));
    for (std::uint64_t part = 0; part < run->result_parts; ++part) {
        batch.add(write_of(kMapRunParts, map_run_part_key(run->token, part), std::nullopt));
    }
}

}  // namespace stepwell::runtime
