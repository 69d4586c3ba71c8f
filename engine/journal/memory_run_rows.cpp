// The run rows of the journal in memory: what SQLite keeps in tables is counted here when asked.
#include <algorithm>
#include <tuple>

#include "engine/journal/memory_journal.hpp"

namespace stepwell::journal {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

Timestamp minute_of(Timestamp at) {
    return from_ms(to_ms(at) / kMinuteMs * kMinuteMs);
}

}  // namespace

void MemoryDisk::apply(const RunRow& row) {
    auto& failures = tables_.failures[row.id];
    for (const RunFailure& failure : row.failures) {
        std::erase_if(failures, [&](const RunFailure& old) {
            return old.fingerprint == failure.fingerprint;
        });
        failures.push_back(failure);
    }
    RunRow& kept = tables_.run_rows[row.id];
    kept = row;
    kept.failures.clear();
}

void MemoryDisk::apply(const RowsFrom& from) {
    tables_.rows_from = from.id;
}

Result<std::vector<RunRow>> MemoryJournal::run_rows(const std::vector<ExecutionId>& ids) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<RunRow> rows;
    for (const ExecutionId id : ids) {
        const auto at = disk_->tables_.run_rows.find(id);
        if (at == disk_->tables_.run_rows.end()) continue;
        rows.push_back(at->second);
        const auto failures = disk_->tables_.failures.find(id);
        if (failures == disk_->tables_.failures.end()) continue;
        rows.back().failures = failures->second;
        std::sort(rows.back().failures.begin(), rows.back().failures.end(),
                  [](const auto& a, const auto& b) { return a.fingerprint < b.fingerprint; });
    }
    return rows;
}

Result<JournalReader::WaitingRuns> MemoryJournal::waiting_runs(std::size_t limit) {
    const std::lock_guard lock(disk_->mutex_);
    WaitingRuns found;
    std::size_t seen = 0;
    for (const auto& [id, open] : disk_->tables_.open) {
        if (++seen > limit) break;
        if (open.due && !open.has_tasks && !open.is_quarantined) found.runs.push_back(id);
    }
    found.are_all = seen <= limit;
    return found;
}

Result<std::vector<RunRow>> MemoryJournal::unfolded_rows(std::size_t limit) {
    const std::lock_guard lock(disk_->mutex_);
    std::vector<RunRow> rows;
    const auto& all = disk_->tables_.run_rows;
    for (auto at = all.rbegin(); at != all.rend() && rows.size() < limit; ++at) {
        if (!at->second.is_folded) rows.push_back(at->second);
    }
    return rows;
}

Result<ExecutionId> MemoryJournal::rows_from() {
    const std::lock_guard lock(disk_->mutex_);
    return disk_->tables_.rows_from;
}

Result<std::vector<RunCount>> MemoryJournal::run_counts(const RunCountQuery& query) {
    const std::lock_guard lock(disk_->mutex_);
    std::map<std::tuple<WorkflowId, core::Status, Timestamp>, std::uint64_t> counts;
    for (const auto& [id, row] : disk_->tables_.executions) {
        const Timestamp minute = minute_of(row.started_at);
        const bool fits = (!query.workflow || row.workflow == *query.workflow) &&
                          (!query.status || row.status == *query.status) &&
                          (!query.from || minute >= *query.from) &&
                          (!query.until || minute < *query.until);
        if (fits) ++counts[{row.workflow, row.status, minute}];
    }
    std::vector<RunCount> rows;
    for (const auto& [key, count] : counts) {
        rows.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
    }
    if (query.is_newest_only && rows.size() > 1) rows = {rows.back()};
    return rows;
}

Result<std::vector<FailureCount>> MemoryJournal::failure_counts(const FailureCountQuery& query) {
    const std::lock_guard lock(disk_->mutex_);
    std::map<std::pair<std::string, std::uint64_t>, FailureCount> counts;
    for (const auto& [id, failures] : disk_->tables_.failures) {
        const ExecutionRecord& run = disk_->tables_.executions.at(id);
        const bool fits = (!query.workflow || run.workflow == *query.workflow) &&
                          run.started_at >= query.from && run.started_at < query.until;
        if (!fits) continue;
        const auto interval =
            static_cast<std::uint64_t>((run.started_at - query.from) / query.interval);
        for (const RunFailure& failure : failures) {
            const auto [at, is_new] = counts.try_emplace({failure.fingerprint, interval});
            FailureCount& one = at->second;
            if (is_new) {
                one = {failure.fingerprint, run.workflow,   interval, 0,
                       run.started_at,      run.started_at, id,       id};
            }
            ++one.count;
            one.first_at = std::min(one.first_at, run.started_at);
            one.last_at = std::max(one.last_at, run.started_at);
            one.last_run = id;
        }
    }
    std::vector<FailureCount> rows;
    for (auto& [key, count] : counts) rows.push_back(std::move(count));
    return rows;
}

Result<std::vector<ListedFailure>> MemoryJournal::failures(const FailureQuery& query) {
    const std::lock_guard lock(disk_->mutex_);
    const auto& all = disk_->tables_.failures;
    std::vector<ListedFailure> rows;
    for (auto at = all.rbegin(); at != all.rend() && rows.size() < query.limit; ++at) {
        if (query.before && at->first >= *query.before) continue;
        for (const RunFailure& failure : at->second) {
            if (failure.fingerprint != query.fingerprint) continue;
            rows.push_back(
                {at->first, disk_->tables_.executions.at(at->first).started_at, failure});
        }
    }
    return rows;
}

Result<std::vector<ExecutionId>> MemoryJournal::caught_runs(ExecutionId before, std::size_t limit) {
    const std::lock_guard lock(disk_->mutex_);
    const auto& all = disk_->tables_.run_rows;
    std::vector<ExecutionId> ids;
    for (auto at = all.rbegin(); at != all.rend() && ids.size() < limit; ++at) {
        if (at->first < before && at->second.caught > 0) ids.push_back(at->first);
    }
    return ids;
}

}  // namespace stepwell::journal
