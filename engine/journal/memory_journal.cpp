#include "engine/journal/memory_journal.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

namespace stepwell::journal {
namespace {

template <class Map, class Key>
auto found(const Map& map, const Key& key) -> std::optional<typename Map::mapped_type> {
    const auto at = map.find(key);
    if (at == map.end()) return std::nullopt;
    return at->second;
}

template <class Map>
auto next_key(const Map& map, typename Map::key_type floor = {}) {
    using Key = typename Map::key_type;
    const Key last = map.empty() ? floor : std::max(floor, map.rbegin()->first);
    return static_cast<Key>(value_of(last) + 1);
}

}  // namespace

MemoryJournal::MemoryJournal(std::shared_ptr<MemoryDisk> disk, Access access)
    : disk_(std::move(disk)) {
    if (access == Access::writing) lease_.epoch = disk_->raise_epoch();
}

Result<void, CommitError> MemoryJournal::commit(const Batch& batch, const Lease& lease) {
    using Kind = CommitError::Kind;
    const std::lock_guard lock(disk_->mutex_);
    if (failure_) return fail(*failure_);
    const auto give_up = [&](Kind kind, ErrorCode code, const char* why) {
        failure_ = CommitError{{code, why}, kind};
        return fail(*failure_);
    };
    if (lease != Lease{0, disk_->epoch_}) {
        return give_up(Kind::fenced, ErrorCode::conflict, "somebody else has taken the disk over");
    }
    if (disk_->is_busy_) {
        return fail(CommitError{{ErrorCode::unavailable, "the disk is busy, as the test wanted"},
                                Kind::nothing_written});
    }
    if (auto checked = disk_->check(batch); !checked) {
        return fail(CommitError{std::move(checked).error(), Kind::refused});
    }
    const bool is_crash = disk_->commits_until_crash_ && *disk_->commits_until_crash_ <= 1;
    if (disk_->commits_until_crash_ && !is_crash) --*disk_->commits_until_crash_;
    if (!is_crash || disk_->cut_ == MemoryDisk::Cut::after_durable) {
        for (const Operation& operation : batch.operations) {
            std::visit([&](const auto& one) { disk_->apply(one); }, operation);
        }
        ++disk_->commits_;
    }
    if (!is_crash) return {};
    return give_up(Kind::unknown, ErrorCode::io, "the disk is gone, as the test wanted");
}

Result<Counters> MemoryJournal::counters() {
    const std::lock_guard lock(disk_->mutex_);
    const auto& tables = disk_->tables_;
    return Counters{next_key(tables.workflows), next_key(tables.versions),
                    next_key(tables.executions, tables.execution_floor),
                    next_key(tables.history, tables.chunk_floor)};
}

Result<void> MemoryJournal::scan_open(const std::function<void(const OpenSummary&)>& visit) {
    std::vector<OpenSummary> summaries;
    {
        const std::lock_guard lock(disk_->mutex_);
        for (const auto& [id, open] : disk_->tables_.open) {
            summaries.push_back({id, open.due, open.has_tasks, open.is_quarantined});
        }
    }
    for (const auto& summary : summaries) visit(summary);
    return {};
}

Result<void> MemoryJournal::scan_begun(std::string_view workflow_name, const VisitBegun& visit) {
    std::vector<std::pair<ExecutionId, std::string>> begun;
    {
        const std::lock_guard lock(disk_->mutex_);
        const auto& tables = disk_->tables_;
        for (const auto& [id, open] : tables.open) {
            const ExecutionRecord& record = tables.executions.at(id);
            const bool is_of_it = tables.workflows.at(record.workflow).name == workflow_name;
            if (open.has_begun && is_of_it) begun.emplace_back(id, record.name);
        }
    }
    for (const auto& [id, name] : begun) visit(id, name);
    return {};
}

Result<std::optional<StoredExecution>> MemoryJournal::load(ExecutionId id) {
    const std::lock_guard lock(disk_->mutex_);
    const auto& tables = disk_->tables_;
    const auto open = tables.open.find(id);
    if (open == tables.open.end()) return std::optional<StoredExecution>();
    StoredExecution stored{tables.executions.at(id), open->second, {}};
    for (auto at = tables.records.lower_bound({id, core::RecordKey{0}});
         at != tables.records.end() && at->first.first == id; ++at) {
        stored.records.push_back({at->first.second, at->second});
    }
    return std::optional<StoredExecution>(std::move(stored));
}

Result<std::optional<ExecutionId>> MemoryJournal::awaited_by(const TaskToken& attempt) {
    const std::lock_guard lock(disk_->mutex_);
    for (const auto& [child, waiter] : disk_->tables_.awaited) {
        if (waiter == attempt) return std::optional(child);
    }
    return std::optional<ExecutionId>();
}

Result<std::vector<Wait>> MemoryJournal::waits_of(ExecutionId parent) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<Wait> waits;
    for (const auto& [child, waiter] : disk_->tables_.awaited) {
        if (waiter.execution == parent) waits.push_back({waiter, child});
    }
    std::sort(waits.begin(), waits.end(),
              [](const Wait& a, const Wait& b) { return a.attempt < b.attempt; });
    return waits;
}

Result<std::vector<TaskToken>> MemoryJournal::waiting_for(ExecutionId child) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<TaskToken> waiters;
    for (const auto& [awaited, waiter] : disk_->tables_.awaited) {
        if (awaited == child) waiters.push_back(waiter);
    }
    return waiters;
}

std::uint64_t MemoryJournal::free_bytes() {
    const std::lock_guard lock(disk_->mutex_);
    return disk_->free_bytes_;
}

Result<std::vector<WorkflowRecord>> MemoryJournal::workflows() {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<WorkflowRecord> rows;
    for (const auto& [id, row] : disk_->tables_.workflows) {
        if (!row.is_deleted) rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return rows;
}

Result<std::optional<WorkflowRecord>> MemoryJournal::workflow_named(std::string_view name) {
    const std::lock_guard lock(disk_->mutex_);
    for (const auto& [id, row] : disk_->tables_.workflows) {
        if (!row.is_deleted && row.name == name) return std::optional(row);
    }
    return std::optional<WorkflowRecord>();
}

Result<std::vector<WorkflowRecord>> MemoryJournal::workflows_named(std::string_view name) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<WorkflowRecord> rows;
    for (const auto& [id, row] : disk_->tables_.workflows) {
        if (row.name == name) rows.insert(rows.begin(), row);
    }
    return rows;
}

Result<std::optional<WorkflowRecord>> MemoryJournal::workflow(WorkflowId id) {
    const std::lock_guard lock(disk_->mutex_);
    return found(disk_->tables_.workflows, id);
}

Result<std::optional<VersionRecord>> MemoryJournal::version(VersionId id) {
    const std::lock_guard lock(disk_->mutex_);
    return found(disk_->tables_.versions, id);
}

Result<std::vector<VersionRecord>> MemoryJournal::versions(WorkflowId id, std::uint32_t before,
                                                           std::size_t limit) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<VersionRecord> rows;
    const auto& versions = disk_->tables_.versions;
    for (auto at = versions.rbegin(); at != versions.rend() && rows.size() < limit; ++at) {
        if (at->second.workflow == id && at->second.number < before) rows.push_back(at->second);
    }
    return rows;
}

Result<std::optional<VersionRecord>> MemoryJournal::latest_version(WorkflowId id) {
    const std::lock_guard lock(disk_->mutex_);
    ++disk_->versions_read_;
    std::optional<VersionRecord> latest;
    for (const auto& [version, row] : disk_->tables_.versions) {
        if (row.workflow == id && (!latest || latest->number < row.number)) latest = row;
    }
    return latest;
}

Result<std::optional<ExecutionRecord>> MemoryJournal::execution(ExecutionId id) {
    const std::lock_guard lock(disk_->mutex_);
    return found(disk_->tables_.executions, id);
}

Result<std::optional<ExecutionRecord>> MemoryJournal::execution_named(WorkflowId workflow,
                                                                      std::string_view name) {
    const std::lock_guard lock(disk_->mutex_);
    for (const auto& [id, row] : disk_->tables_.executions) {
        if (row.workflow == workflow && !name.empty() && row.name == name)
            return std::optional(row);
    }
    return std::optional<ExecutionRecord>();
}

Result<std::vector<ExecutionRecord>> MemoryJournal::executions(const ExecutionQuery& query) {
    const std::lock_guard lock(disk_->mutex_);
    ++disk_->lists_read_;
    const auto& all = disk_->tables_.executions;
    std::vector<ExecutionRecord> rows;
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
        if (rows.size() >= query.limit && !query.is_oldest_first) break;
        const ExecutionRecord& row = at->second;
        const bool fits =
            (!query.before || row.id < *query.before) &&
            (!query.workflow || row.workflow == *query.workflow) &&
            (!query.version || row.version == *query.version) &&
            (!query.status || row.status == *query.status) &&
            (!query.parent || !query.after || row.id > *query.after) &&
            (!query.parent || (row.parent && row.parent->token.execution == *query.parent)) &&
            (!query.is_redriven || (row.redrives > 0) == *query.is_redriven);
        if (fits) rows.push_back(row);
    }
    if (query.is_oldest_first) std::reverse(rows.begin(), rows.end());
    rows.resize(std::min(rows.size(), query.limit));
    disk_->rows_listed_ += rows.size();
    return rows;
}

Result<std::optional<ExecutionRecord>> MemoryJournal::oldest_open() {
    const std::lock_guard lock(disk_->mutex_);
    const auto& open = disk_->tables_.open;
    if (open.empty()) return std::optional<ExecutionRecord>();
    return found(disk_->tables_.executions, open.begin()->first);
}

Result<ExecutionId> MemoryJournal::newest_id() {
    const std::lock_guard lock(disk_->mutex_);
    const auto& all = disk_->tables_.executions;
    const ExecutionId newest = all.empty() ? ExecutionId{} : all.rbegin()->first;
    return std::max(newest, disk_->tables_.execution_floor);
}

Result<std::vector<ExecutionRecord>> MemoryJournal::closed_executions(const ClosedQuery& query) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<ExecutionRecord> rows;
    for (const auto& [id, row] : disk_->tables_.executions) {
        const bool has_ended = query.only_succeeded ? row.status == core::Status::succeeded
                                                    : row.status != core::Status::running;
        const bool fits =
            id > query.after && has_ended && (!query.workflow || row.workflow == *query.workflow);
        if (fits && rows.size() < query.limit) rows.push_back(row);
    }
    return rows;
}

Result<std::uint64_t> MemoryJournal::count_closed(std::optional<WorkflowId> workflow) {
    ClosedQuery query;
    query.workflow = workflow;
    query.limit = SIZE_MAX;
    return SW_TRY(closed_executions(query)).size();
}

Result<JournalSize> MemoryJournal::size() {
    const std::lock_guard lock(disk_->mutex_);
    JournalSize size;
    for (const auto& [id, chunk] : disk_->tables_.history) size.bytes_used += chunk.bytes.size();
    size.bytes_of_file = size.bytes_used;
    return size;
}

Result<std::optional<ChunkRecord>> MemoryJournal::chunk(ChunkId id) {
    const std::lock_guard lock(disk_->mutex_);
    auto record = found(disk_->tables_.history, id);
    if (record) record->size = record->bytes.size();
    return record;
}

Result<std::optional<ChunkRecord>> MemoryJournal::chunk_link(ChunkId id) {
    auto record = SW_TRY(chunk(id));
    if (record) record->bytes.clear();
    const std::lock_guard lock(disk_->mutex_);
    ++disk_->links_read_;
    return record;
}

Result<std::optional<HistoryMark>> MemoryJournal::mark_after(ExecutionId execution,
                                                             std::uint64_t events) {
    const std::lock_guard lock(disk_->mutex_);
    const auto& marks = disk_->tables_.marks;
    const auto found = marks.upper_bound({execution, events});
    if (found == marks.end() || found->first.first != execution) {
        return std::optional<HistoryMark>();
    }
    return std::optional(HistoryMark{found->second, found->first.second});
}

Result<std::vector<ChunkRecord>> MemoryJournal::chunks_after(ChunkId after, std::size_t limit) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<ChunkRecord> rows;
    const auto& history = disk_->tables_.history;
    for (auto at = history.upper_bound(after); at != history.end() && rows.size() < limit; ++at) {
        rows.push_back(at->second);
    }
    return rows;
}

Result<ChunkId> MemoryJournal::newest_chunk() {
    const std::lock_guard lock(disk_->mutex_);
    const auto& history = disk_->tables_.history;
    return history.empty() ? kNoChunk : history.rbegin()->first;
}

Result<std::optional<std::string>> MemoryJournal::document(std::string_view collection,
                                                           std::string_view key) {
    const std::lock_guard lock(disk_->mutex_);
    return found(disk_->tables_.documents, std::pair(std::string(collection), std::string(key)));
}

Result<std::vector<DocumentRecord>> MemoryJournal::documents(std::string_view collection,
                                                             std::string_view after,
                                                             std::size_t limit) {
    const std::lock_guard lock(disk_->mutex_);
    const auto& all = disk_->tables_.documents;
    std::vector<DocumentRecord> rows;
    for (auto at = all.upper_bound(std::pair(std::string(collection), std::string(after)));
         at != all.end() && at->first.first == collection && rows.size() < limit; ++at) {
        rows.push_back({at->first.first, at->first.second, at->second});
    }
    return rows;
}

Result<std::optional<ClaimRecord>> MemoryJournal::claim(std::string_view source,
                                                        std::string_view key) {
    const std::lock_guard lock(disk_->mutex_);
    const auto& tables = disk_->tables_;
    const auto found = tables.claim_rows.find({std::string(source), std::string(key)});
    if (found == tables.claim_rows.end()) return std::optional<ClaimRecord>();
    return std::optional(tables.claims.at(found->second));
}

Result<std::vector<ListedClaim>> MemoryJournal::claims(const ClaimQuery& query) {
    const std::lock_guard lock(disk_->mutex_);
    const auto& all = disk_->tables_.claims;
    std::vector<ListedClaim> rows;
    for (auto at = all.rbegin(); at != all.rend() && rows.size() < query.limit; ++at) {
        const auto& [row, record] = *at;
        const bool fits =
            record.claim.source == query.source && (!query.before || row < *query.before);
        if (fits) rows.push_back({row, record});
    }
    return rows;
}

Result<std::vector<OldClaim>> MemoryJournal::old_claims(const OldClaimQuery& query) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<OldClaim> rows;
    for (const auto& [row, record] : disk_->tables_.claims) {
        if (record.claim.source != query.source) continue;
        const bool has_execution = disk_->tables_.executions.contains(record.execution);
        rows.push_back({row, record.at, has_execution});
    }
    rows.resize(rows.size() - std::min(rows.size(), query.newest));
    std::erase_if(rows, [&](const OldClaim& claim) { return claim.row <= query.after; });
    rows.resize(std::min(rows.size(), query.limit));
    return rows;
}

Result<std::vector<std::string>> MemoryJournal::claim_sources(std::string_view after,
                                                              std::size_t limit) {
    const std::lock_guard lock(disk_->mutex_);
    std::set<std::string> names;
    for (const auto& [row, record] : disk_->tables_.claims) {
        if (record.claim.source > after) names.insert(record.claim.source);
    }
    while (names.size() > limit) names.erase(std::prev(names.end()));
    return std::vector<std::string>(names.begin(), names.end());
}

Result<std::vector<ClaimRecord>> MemoryJournal::claims_of(ExecutionId execution) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<ClaimRecord> rows;
    for (const auto& [number, row] : disk_->tables_.claims) {
        if (row.execution == execution && value_of(execution) != 0) rows.push_back(row);
    }
    return rows;
}

}  // namespace stepwell::journal
