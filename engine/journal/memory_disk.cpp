// The tables of the journal in memory: what a batch may do to them, and what it does.
#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "engine/journal/memory_journal.hpp"

namespace stepwell::journal {
namespace {

Failure<Error> taken(const std::string& what) {
    return fail(ErrorCode::conflict, "expected " + what + " to be new, but it is taken");
}

}  // namespace

void MemoryDisk::crash_at(std::uint64_t commit, Cut cut) {
    const std::lock_guard lock(mutex_);
    commits_until_crash_ = commit;
    cut_ = cut;
}

void MemoryDisk::repair() {
    const std::lock_guard lock(mutex_);
    commits_until_crash_.reset();
}

void MemoryDisk::set_free_bytes(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    free_bytes_ = bytes;
}

void MemoryDisk::mangle(ExecutionId id) {
    const std::lock_guard lock(mutex_);
    tables_.open.at(id).head = "\x05mangled";
}

void MemoryDisk::forget_parents() {
    const std::lock_guard lock(mutex_);
    tables_.awaited.clear();
    for (auto& [id, open] : tables_.open) open.is_awaited = false;
    for (auto& [id, record] : tables_.executions) record.parent.reset();
}

std::size_t MemoryDisk::open_rows() const {
    const std::lock_guard lock(mutex_);
    return tables_.open.size() + tables_.records.size();
}

std::uint64_t MemoryDisk::commits() const {
    const std::lock_guard lock(mutex_);
    return commits_;
}

std::uint64_t MemoryDisk::links_read() const {
    const std::lock_guard lock(mutex_);
    return links_read_;
}

std::uint64_t MemoryDisk::lists_read() const {
    const std::lock_guard lock(mutex_);
    return lists_read_;
}

std::uint64_t MemoryDisk::rows_listed() const {
    const std::lock_guard lock(mutex_);
    return rows_listed_;
}

std::uint64_t MemoryDisk::versions_read() const {
    const std::lock_guard lock(mutex_);
    return versions_read_;
}

std::uint64_t MemoryDisk::bytes_written() const {
    const std::lock_guard lock(mutex_);
    return bytes_written_;
}

void MemoryDisk::set_busy(bool is_busy) {
    const std::lock_guard lock(mutex_);
    is_busy_ = is_busy;
}

void MemoryDisk::refuse_name(std::string name) {
    const std::lock_guard lock(mutex_);
    refused_names_.insert(std::move(name));
}

std::uint64_t MemoryDisk::raise_epoch() {
    const std::lock_guard lock(mutex_);
    return ++epoch_;
}

struct MemoryDisk::Outlook {
    std::set<std::string> workflows;   // names that are taken
    std::set<WorkflowId> deleted;      // those whose names are free
    std::set<ExecutionId> executions;  // that are made
    std::set<std::pair<WorkflowId, std::string>> names;
    std::set<std::pair<std::string, std::string>> claims;
    std::map<WorkflowId, std::string> made;
};

Result<void> MemoryDisk::check(const Batch& batch) const {
    Outlook outlook;
    for (const Operation& operation : batch.operations) {
        SW_TRY(std::visit([&](const auto& one) { return check(one, outlook); }, operation));
    }
    return {};
}

Result<void> MemoryDisk::check(const WorkflowRecord& workflow, Outlook& outlook) const {
    for (const auto& [id, other] : tables_.workflows) {
        const bool is_free = other.is_deleted || outlook.deleted.contains(id);
        if (!is_free && other.name == workflow.name) return taken(workflow.name);
    }
    if (!outlook.workflows.insert(workflow.name).second) return taken(workflow.name);
    outlook.made[workflow.id] = workflow.name;
    return {};
}

Result<void> MemoryDisk::check(const VersionRecord& version, Outlook& /*outlook*/) const {
    return tables_.versions.contains(version.id) ? Result<void>(taken("a version"))
                                                 : Result<void>();
}

Result<void> MemoryDisk::check(const WorkflowDeletion& deletion, Outlook& outlook) const {
    const auto made = outlook.made.find(deletion.id);
    if (made != outlook.made.end()) outlook.workflows.erase(made->second);
    outlook.deleted.insert(deletion.id);
    return {};
}

Result<void> MemoryDisk::check(const ExecutionWrite& execution, Outlook& outlook) const {
    for (const auto& chunk : execution.chunks) {
        if (tables_.history.contains(chunk.id)) return taken("a chunk");
    }
    if (!execution.start) return {};
    const bool is_new = outlook.executions.insert(execution.id).second &&
                        !tables_.executions.contains(execution.id);
    if (!is_new) return taken("an execution");
    const std::pair key(execution.start->workflow, execution.start->name);
    if (key.second.empty()) return {};
    if (refused_names_.contains(key.second)) return taken(key.second);
    if (!outlook.names.insert(key).second) return taken(key.second);
    for (const auto& [id, other] : tables_.executions) {
        if (std::pair(other.workflow, other.name) == key) return taken(key.second);
    }
    return {};
}

Result<void> MemoryDisk::check(const DocumentWrite& /*document*/, Outlook& /*outlook*/) const {
    return {};
}

Result<void> MemoryDisk::check(const ClaimRecord& record, Outlook& outlook) const {
    const std::pair key(record.claim.source, record.claim.key);
    const bool is_new = outlook.claims.insert(key).second && !tables_.claim_rows.contains(key);
    return is_new ? Result<void>() : Result<void>(taken(record.claim.key));
}

Result<void> MemoryDisk::check(const Removal& /*removal*/, Outlook& /*outlook*/) const {
    return {};
}

Result<void> MemoryDisk::check(const RunRow& /*row*/, Outlook& /*outlook*/) const {
    return {};
}

Result<void> MemoryDisk::check(const RowsFrom& /*from*/, Outlook& /*outlook*/) const {
    return {};
}

Result<void> MemoryDisk::check(const Sweep& /*sweep*/, Outlook& /*outlook*/) const {
    return {};
}

void MemoryDisk::apply(const WorkflowRecord& workflow) {
    tables_.workflows[workflow.id] = workflow;
}

void MemoryDisk::apply(const VersionRecord& version) {
    tables_.versions[version.id] = version;
}

void MemoryDisk::apply(const WorkflowDeletion& deletion) {
    tables_.workflows[deletion.id].is_deleted = true;
}

void MemoryDisk::apply(const DocumentWrite& document) {
    const std::pair key(document.collection, document.key);
    if (document.value) {
        tables_.documents[key] = *document.value;
    } else {
        tables_.documents.erase(key);
    }
}

void MemoryDisk::apply(const ClaimRecord& record) {
    tables_.claims.emplace(++tables_.claims_made, record);
    tables_.claim_rows.emplace(std::pair(record.claim.source, record.claim.key),
                               tables_.claims_made);
}

void MemoryDisk::apply(const Removal& removal) {
    for (const ExecutionId id : removal.executions) {
        tables_.execution_floor = std::max(tables_.execution_floor, id);
        const auto at = tables_.executions.find(id);
        if (at != tables_.executions.end() && at->second.status != core::Status::running) {
            tables_.executions.erase(at);
            tables_.run_rows.erase(id);
            tables_.failures.erase(id);
            tables_.marks.erase(tables_.marks.lower_bound({id, 0}),
                                tables_.marks.upper_bound({id, UINT64_MAX}));
        }
    }
    for (const ChunkId id : removal.chunks) {
        tables_.chunk_floor = std::max(tables_.chunk_floor, id);
        tables_.history.erase(id);
    }
    for (const std::int64_t row : removal.claims) {
        const auto removed = tables_.claims.extract(row);
        if (removed.empty()) continue;
        const Claim& claim = removed.mapped().claim;
        tables_.claim_rows.erase({claim.source, claim.key});
    }
}

void MemoryDisk::apply(const ExecutionWrite& execution) {
    const ExecutionId id = execution.id;
    ExecutionRecord& record = tables_.executions[id];
    if (const auto& start = execution.start) {
        record.id = id;
        record.workflow = start->workflow;
        record.version = start->version;
        record.name = start->name;
        record.started_at = start->started_at;
        record.origin = start->origin;
        record.principal = start->principal;
        record.first_chunk = execution.chunks.front().id;
    }
    if (execution.parent) record.parent = execution.parent;
    if (const auto& reopening = execution.reopening) {
        record.status = core::Status::running;
        record.stopped_at.reset();
        record.error.clear();
        record.redrives = reopening->redrives;
        record.redriven_at = reopening->at;
        tables_.run_rows.erase(id);
        for (RunFailure& failure : tables_.failures[id]) failure.is_recovered = true;
    }
    for (const auto& chunk : execution.chunks) {
        SW_ASSERT(chunk.previous == record.last_chunk);
        record.last_chunk = chunk.id;
        bytes_written_ += chunk.bytes.size();
        tables_.history[chunk.id] = chunk;
        tables_.history[chunk.id].execution = execution.id;
        if (chunk.is_mark) tables_.marks[{id, chunk.events_before}] = chunk.id;
    }
    if (const auto& end = execution.end) {
        record.status = end->status;
        record.stopped_at = end->stopped_at;
        record.error = end->error;
        remove_open(id);
        if (execution.row) apply(*execution.row);
        return;
    }
    if (execution.open) {
        SW_ASSERT(execution.open->last_chunk == record.last_chunk);
        bytes_written_ += execution.open->head.size();
        tables_.open[id] = *execution.open;
    }
    for (const TaskToken& waiter : execution.waits) tables_.awaited.emplace(id, waiter);
    for (const auto& part : execution.put) {
        bytes_written_ += part.bytes.size();
        tables_.records[{id, part.key}] = part.bytes;
    }
    for (const core::RecordKey key : execution.removed) tables_.records.erase({id, key});
    for (const auto& [first, last] : execution.removed_ranges) {
        const auto end = tables_.records.upper_bound({id, last});
        for (auto at = tables_.records.lower_bound({id, first}); at != end;) {
            at = core::is_payload(at->first.second) ? std::next(at) : tables_.records.erase(at);
        }
    }
}

void MemoryDisk::remove_open(ExecutionId id) {
    tables_.open.erase(id);
    std::erase_if(tables_.awaited, [&](const auto& wait) { return wait.first == id; });
    const auto first = tables_.records.lower_bound({id, core::RecordKey{0}});
    const auto last = tables_.records.upper_bound({id, core::RecordKey{UINT64_MAX}});
    tables_.records.erase(first, last);
}

}  // namespace stepwell::journal
