#include "engine/runtime/keep/retention.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/runtime/work/task_log.hpp"

namespace stepwell::runtime {
namespace {

/// What one transaction deletes at most, so that the engine's thread loses a few milliseconds.
constexpr std::size_t kRunsMax = 64;
constexpr std::size_t kChunksMax = 256;
constexpr std::uint64_t kBytesMax = 1u << 20;
constexpr std::size_t kClaimsMax = 256;
/// After so many it is looked again whether the journal fits.
constexpr std::size_t kRunsLookedAt = 8;
/// Between two pieces it rests for this many times what the last one took.
constexpr int kRestFactor = 9;
constexpr std::chrono::milliseconds kRestMax{2'000};

constexpr const char* kCollection = "retention";
constexpr const char* kBegun = "begun";

/// What is being forgotten: rows that are gone, whose logs may not be, and where the rest of the
/// last one's history begins.
journal::DocumentWrite begun(const std::vector<ExecutionId>& runs, journal::ChunkId rest) {
    Json ids = Json::array();
    for (const ExecutionId id : runs) ids.push_back(value_of(id));
    journal::DocumentWrite write;
    write.collection = kCollection;
    write.key = kBegun;
    write.value = to_text(Json{{"runs", std::move(ids)}, {"chunk", value_of(rest)}});
    return write;
}

journal::DocumentWrite nothing_begun() {
    journal::DocumentWrite write;
    write.collection = kCollection;
    write.key = kBegun;
    return write;
}

/// Collects links of a history, newest first, until `chunks` is full. Gives the next one to
/// collect.
Result<journal::ChunkId> collect(journal::JournalReader& journal, journal::ChunkId from,
                                 std::vector<journal::ChunkId>& chunks, std::uint64_t& bytes) {
    while (from != journal::kNoChunk && chunks.size() < kChunksMax && bytes < kBytesMax) {
        const auto link = SW_TRY(journal.chunk_link(from));
        if (!link) return journal::kNoChunk;  // an earlier pass has taken the rest
        chunks.push_back(from);
        bytes += link->size;
        from = link->previous;
    }
    return from;
}

}  // namespace

/// What the next transaction deletes.
struct Retention::Piece {
    std::vector<Removals::Run> runs;
    std::vector<journal::ChunkId> chunks;
    std::uint64_t bytes = 0;
    journal::ChunkId rest{};  // of the last run's history

    [[nodiscard]] bool is_full() const {
        return runs.size() >= kRunsMax || chunks.size() >= kChunksMax || bytes >= kBytesMax;
    }
    [[nodiscard]] std::vector<ExecutionId> ids() const {
        std::vector<ExecutionId> all;
        for (const auto& run : runs) all.push_back(run.id);
        return all;
    }
};

Retention::Retention(RetentionSettings settings, Engine& engine, Clock& clock, OpenJournal open)
    : settings_(std::move(settings)), engine_(engine), clock_(clock), open_(std::move(open)) {}

Retention::~Retention() {
    stop();
}

void Retention::start() {
    thread_ = std::thread([this] { work(); });
}

void Retention::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool Retention::is_stopping() const {
    const std::lock_guard lock(mutex_);
    return is_stopping_;
}

RetentionStatistics Retention::statistics() const {
    const std::lock_guard lock(mutex_);
    return statistics_;
}

void Retention::work() {
    while (!is_stopping()) {
        const auto done = pass();
        std::unique_lock lock(mutex_);
        if (!done && done.error().message != statistics_.last_error && !is_stopping_) {
            spdlog::error("retention stopped for now: {}", done.error().message);
        }
        statistics_.last_error = done ? "" : done.error().message;
        wake_.wait_for(lock, settings_.interval, [this] { return is_stopping_; });
    }
}

Result<void> Retention::pass() {
    const RetentionStatistics before = statistics();
    auto journal = SW_TRY(open_());
    auto done = pass_over(*journal);
    const RetentionStatistics after = statistics();
    const std::uint64_t age = after.by_age - before.by_age;
    const std::uint64_t count = after.by_count - before.by_count;
    const std::uint64_t bytes = after.by_bytes - before.by_bytes;
    if (age + count + bytes > 0) {
        spdlog::info(
            "retention has forgotten {} runs ({} by age, {} by count, {} by bytes) and {} bytes of "
            "their histories",
            age + count + bytes, age, count, bytes, after.bytes - before.bytes);
    }
    const std::lock_guard lock(mutex_);
    statistics_.last_pass = clock_.now();
    return done;
}

Result<void> Retention::pass_over(journal::JournalReader& journal) {
    SW_TRY(finish_begun(journal));
    const RetentionRules current = SW_TRY(rules(journal));
    SW_TRY(by_age(journal, current));
    SW_TRY(by_count(journal, current));
    if (current.all().bytes) SW_TRY(by_bytes(journal, *current.all().bytes));
    return forget_claims(journal);
}

Result<RetentionRules> Retention::rules(journal::JournalReader& journal) const {
    RetentionRules all(settings_.rule);
    for (const auto& workflow : SW_TRY(journal.workflows())) {
        const auto version = SW_TRY(journal.latest_version(workflow.id));
        if (!version) continue;
        const auto own = definition::operations_of(version->settings).retention;
        if (own.succeeded || own.failed || own.runs) all.set(workflow.id, own);
    }
    return all;
}

/// Runs are numbered as they start, so the walk ends at the first that is too young.
Result<void> Retention::by_age(journal::JournalReader& journal, const RetentionRules& rules) {
    const Timestamp now = clock_.now();
    const auto youngest = rules.youngest_due(now);
    journal::ClosedQuery query;
    query.after = age_walk_.begin(rules, now);
    while (youngest && !is_stopping()) {
        const auto page = SW_TRY(journal.closed_executions(query));
        if (page.empty()) break;
        std::vector<journal::ExecutionRecord> due;
        for (const auto& run : page) {
            if (rules.is_too_old(run, now)) due.push_back(run);
        }
        SW_TRY(remove(journal, due, RetentionReason::age));
        for (const auto& run : page) age_walk_.pass(run);
        query.after = page.back().id;
        if (page.back().started_at > *youngest) break;
    }
    return {};
}

Result<void> Retention::by_count(journal::JournalReader& journal, const RetentionRules& rules) {
    const auto hold = [&](std::optional<WorkflowId> workflow,
                          std::optional<std::uint64_t> runs_max) -> Result<void> {
        if (!runs_max) return {};
        const std::uint64_t count = SW_TRY(journal.count_closed(workflow));
        if (count <= *runs_max) return {};
        return remove_oldest(journal, workflow, count - *runs_max);
    };
    for (const auto& [workflow, own] : rules.own()) SW_TRY(hold(workflow, own.runs));
    return hold(std::nullopt, rules.all().runs);
}

/// Those that failed only where no other is left.
Result<void> Retention::remove_oldest(journal::JournalReader& journal,
                                      std::optional<WorkflowId> workflow, std::uint64_t count) {
    for (const bool only_succeeded : {true, false}) {
        journal::ClosedQuery query;
        query.workflow = workflow;
        query.only_succeeded = only_succeeded;
        while (count > 0 && !is_stopping()) {
            query.limit = static_cast<std::size_t>(std::min<std::uint64_t>(count, 1'000));
            const auto page = SW_TRY(journal.closed_executions(query));
            if (page.empty()) break;
            count -= SW_TRY(remove(journal, page, RetentionReason::count));
            query.after = page.back().id;
        }
    }
    return {};
}

/// What the journal's file is too large by, without what stays whatever is forgotten.
Result<std::uint64_t> Retention::excess(journal::JournalReader& journal,
                                        std::uint64_t bytes_max) const {
    const std::uint64_t used = SW_TRY(journal.size()).bytes_used;
    const std::uint64_t apart = settings_.bytes_apart ? SW_TRY(settings_.bytes_apart(journal)) : 0;
    const std::uint64_t counted = used - std::min(used, apart);
    return counted - std::min(counted, bytes_max);
}

/// No more than would help: where what went is as much as was too much at the beginning, and the
/// file still takes more, something else takes it. The next pass looks again.
Result<void> Retention::by_bytes(journal::JournalReader& journal, std::uint64_t bytes_max) {
    const std::uint64_t excess_before = SW_TRY(excess(journal, bytes_max));
    const std::uint64_t removed_before = statistics().bytes;
    const auto is_done = [&]() -> Result<bool> {
        // Pages that become half empty are not free yet.
        const std::uint64_t removed = statistics().bytes - removed_before;
        return is_stopping() || removed / 2 >= excess_before ||
               SW_TRY(excess(journal, bytes_max)) == 0;
    };
    for (const bool only_succeeded : {true, false}) {
        journal::ClosedQuery query;
        query.only_succeeded = only_succeeded;
        query.limit = kRunsLookedAt;
        while (!SW_TRY(is_done())) {
            const auto page = SW_TRY(journal.closed_executions(query));
            if (page.empty()) break;
            SW_TRY(remove(journal, page, RetentionReason::bytes));
            query.after = page.back().id;
        }
    }
    return {};
}

/// Gives how many are gone.
Result<std::size_t> Retention::remove(journal::JournalReader& journal,
                                      const std::vector<journal::ExecutionRecord>& runs,
                                      RetentionReason reason) {
    std::size_t removed = 0;
    Piece piece;
    for (const auto& run : runs) {
        if (is_stopping()) break;
        piece.runs.push_back({run.id, run.last_chunk});
        piece.rest = SW_TRY(collect(journal, run.last_chunk, piece.chunks, piece.bytes));
        const bool is_last = &run == &runs.back();
        if (!is_last && !piece.is_full()) continue;
        const std::size_t count = piece.runs.size();
        if (SW_TRY(remove_piece(piece, reason))) {
            removed += count;
            SW_TRY(finish_begun(journal));
        }
        piece = {};
    }
    return removed;
}

/// False where one of its runs goes on again: the next pass sees it as it is then.
Result<bool> Retention::remove_piece(Piece& piece, RetentionReason reason) {
    const std::vector<ExecutionId> ids = piece.ids();
    const std::uint64_t bytes = piece.bytes;
    Removals removals;
    removals.runs = std::move(piece.runs);
    removals.chunks = std::move(piece.chunks);
    removals.documents.push_back(begun(ids, piece.rest));
    auto done = commit(std::move(removals));
    if (!done && done.error().code == ErrorCode::conflict) return false;
    if (!done) return fail(std::move(done).error());
    const std::lock_guard lock(mutex_);
    auto& counter = reason == RetentionReason::age     ? statistics_.by_age
                    : reason == RetentionReason::count ? statistics_.by_count
                                                       : statistics_.by_bytes;
    counter += ids.size();
    statistics_.bytes += bytes;
    return true;
}

Result<void> Retention::forget_claims(journal::JournalReader& journal) {
    const Timestamp now = clock_.now();
    const bool is_early = claims_seen_at_ && now >= *claims_seen_at_ &&
                          now - *claims_seen_at_ < settings_.claims.interval;
    if (is_early) return {};
    std::string source;
    while (!is_stopping()) {
        const auto next = SW_TRY(journal.claim_sources(source, 1));
        if (next.empty()) break;
        source = next.front();
        const auto& wanted = settings_.claims.sources;
        const bool may_go = std::any_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
            return source.starts_with(name);
        });
        if (may_go) SW_TRY(forget_claims_of(journal, source));
    }
    claims_seen_at_ = now;
    return {};
}

/// Claims stand in the order in which they were made, so the walk ends at the first young one.
Result<void> Retention::forget_claims_of(journal::JournalReader& journal,
                                         const std::string& source) {
    const Timestamp youngest = clock_.now() - settings_.claims.kept;
    journal::OldClaimQuery query{source, settings_.claims.newest, 0, kClaimsMax};
    while (!is_stopping()) {
        const auto page = SW_TRY(journal.old_claims(query));
        Removals removals;
        for (const auto& claim : page) {
            if (claim.at > youngest) break;
            if (!claim.has_execution) removals.claims.push_back(claim.row);
        }
        const std::size_t count = removals.claims.size();
        if (count > 0) SW_TRY(commit(std::move(removals)));
        {
            const std::lock_guard lock(mutex_);
            statistics_.claims += count;
        }
        if (page.empty() || page.back().at > youngest) break;
        query.after = page.back().row;
    }
    return {};
}

/// The rest of a long history, and the logs of what is gone; also what a crash has left.
Result<void> Retention::finish_begun(journal::JournalReader& journal) {
    const auto document = SW_TRY(journal.document(kCollection, kBegun));
    if (!document) return {};
    const Json left = parse_json(*document).value_or(Json::object());
    std::vector<ExecutionId> runs;
    if (const Json* ids = find(left, "runs"); ids && ids->is_array()) {
        for (const Json& id : *ids) {
            if (id.is_number_unsigned()) runs.push_back(ExecutionId{id.get<std::uint64_t>()});
        }
    }
    const Json* chunk = find(left, "chunk");
    journal::ChunkId rest{chunk && chunk->is_number_unsigned() ? chunk->get<std::uint64_t>() : 0};
    while (rest != journal::kNoChunk && !is_stopping()) {
        Removals removals;
        std::uint64_t bytes = 0;
        rest = SW_TRY(collect(journal, rest, removals.chunks, bytes));
        removals.documents.push_back(begun(runs, rest));
        SW_TRY(commit(std::move(removals)));
        const std::lock_guard lock(mutex_);
        statistics_.bytes += bytes;
    }
    if (rest != journal::kNoChunk) return {};
    if (!settings_.logs_folder.empty()) {
        for (const ExecutionId id : runs) remove_task_logs(settings_.logs_folder, id);
    }
    Removals removals;
    removals.documents.push_back(nothing_begun());
    return commit(std::move(removals));
}

Result<void> Retention::commit(Removals removals) {
    const auto begin = std::chrono::steady_clock::now();
    auto done = engine_.remove_now(std::move(removals));
    rest(std::chrono::steady_clock::now() - begin);
    return done;
}

/// What takes long is itself a sign that the engine has other work.
void Retention::rest(std::chrono::steady_clock::duration after) {
    std::unique_lock lock(mutex_);
    const auto span = std::min<std::chrono::steady_clock::duration>(after * kRestFactor, kRestMax);
    wake_.wait_for(lock, span, [this] { return is_stopping_; });
}

}  // namespace stepwell::runtime
