// What the engine reads of executions that are open.
#include <malloc.h>

#include <utility>

#include "engine/journal/columns.hpp"
#include "engine/journal/sqlite_journal.hpp"

namespace stepwell::journal {
namespace {

constexpr const char* kScanOpen = "SELECT id, due, flags FROM open_executions ORDER BY id";
/// Along the index of what has not succeeded: as few rows as the workflow has open and failed runs.
constexpr const char* kScanBegun =
    "SELECT e.id, e.name FROM workflows w CROSS JOIN executions e ON e.workflow = w.id"
    " AND e.status <> 1 AND e.status = 0 CROSS JOIN open_executions o ON o.id = e.id"
    " WHERE w.name = ?1 AND (o.flags & ?2) <> 0 ORDER BY e.id";
constexpr const char* kLoadOpen =
    "SELECT due, flags, last_chunk, head FROM open_executions WHERE id = ?1";
constexpr const char* kLoadRecords =
    "SELECT key, bytes FROM records WHERE execution = ?1 ORDER BY key";
constexpr const char* kLoadPayloads =
    "SELECT key, bytes FROM payloads WHERE execution = ?1 ORDER BY key";
constexpr const char* kAwaitedBy =
    "SELECT child FROM awaited WHERE parent = ?1 AND frame = ?2 AND attempt = ?3";
constexpr const char* kWaitsOf =
    "SELECT parent, frame, attempt, child FROM awaited WHERE parent = ?1 ORDER BY frame, attempt";
constexpr const char* kWaitingFor =
    "SELECT parent, frame, attempt FROM awaited WHERE child = ?1 ORDER BY parent, frame, attempt";

}  // namespace

Result<void> SqliteJournal::scan_open(const std::function<void(const OpenSummary&)>& visit) {
    Statement& row = *SW_TRY(database_.cached(kScanOpen));
    ResetGuard guard(row);
    while (SW_TRY(row.step())) {
        OpenSummary summary;
        summary.id = static_cast<ExecutionId>(row.integer(0));
        if (!row.is_null(1)) summary.due = from_ms(row.integer(1));
        summary.has_tasks = (row.integer(2) & kHasTasks) != 0;
        summary.is_quarantined = (row.integer(2) & kIsQuarantined) != 0;
        visit(summary);
    }
    row.reset();
    return forget_pages();
}

/// What is read once would fill the cache of pages, at some hundred bytes for each execution that
/// sleeps.
Result<void> SqliteJournal::forget_pages() {
    SW_TRY(database_.execute("PRAGMA shrink_memory"));
    malloc_trim(0);
    return {};
}

Result<void> SqliteJournal::scan_begun(std::string_view workflow_name, const VisitBegun& visit) {
    Statement& row = *SW_TRY(database_.cached(kScanBegun));
    ResetGuard guard(row);
    row.bind(1, workflow_name);
    row.bind(2, kHasBegun);
    while (SW_TRY(row.step())) {
        const std::string name = row.is_null(1) ? std::string() : row.bytes(1);
        visit(static_cast<ExecutionId>(row.integer(0)), name);
    }
    return {};
}

Result<std::optional<StoredExecution>> SqliteJournal::load(ExecutionId id) {
    auto record = SW_TRY(execution(id));
    if (!record || record->status != core::Status::running) return std::optional<StoredExecution>();
    StoredExecution stored;
    stored.record = *std::move(record);
    stored.open.id = id;

    Statement& open = *SW_TRY(database_.cached(kLoadOpen));
    ResetGuard open_guard(open);
    open.bind(1, number_of(id));
    if (!SW_TRY(open.step())) {
        return fail(ErrorCode::corruption, "expected execution " + std::to_string(value_of(id)) +
                                               " in the open table, but it is not there");
    }
    if (!open.is_null(0)) stored.open.due = from_ms(open.integer(0));
    stored.open.has_tasks = (open.integer(1) & kHasTasks) != 0;
    stored.open.is_quarantined = (open.integer(1) & kIsQuarantined) != 0;
    stored.open.has_begun = (open.integer(1) & kHasBegun) != 0;
    stored.open.is_awaited = (open.integer(1) & kIsAwaited) != 0;
    stored.open.last_chunk = static_cast<ChunkId>(open.integer(2));
    stored.open.head = open.bytes(3);

    for (const char* kind : {kLoadRecords, kLoadPayloads}) {
        Statement& row = *SW_TRY(database_.cached(kind));
        ResetGuard row_guard(row);
        row.bind(1, number_of(id));
        while (SW_TRY(row.step())) {
            stored.records.push_back({static_cast<core::RecordKey>(row.integer(0)), row.bytes(1)});
        }
    }
    return std::optional<StoredExecution>(std::move(stored));
}

Result<std::optional<ExecutionId>> SqliteJournal::awaited_by(const TaskToken& attempt) {
    Statement& row = *SW_TRY(database_.cached(kAwaitedBy));
    ResetGuard guard(row);
    bind_token(row, 1, attempt);
    if (!SW_TRY(row.step())) return std::optional<ExecutionId>();
    return std::optional(id_in<ExecutionId>(row, 0));
}

Result<std::vector<Wait>> SqliteJournal::waits_of(ExecutionId parent) {
    Statement& row = *SW_TRY(database_.cached(kWaitsOf));
    ResetGuard guard(row);
    row.bind(1, number_of(parent));
    std::vector<Wait> waits;
    while (SW_TRY(row.step())) waits.push_back({token_in(row, 0), id_in<ExecutionId>(row, 3)});
    return waits;
}

Result<std::vector<TaskToken>> SqliteJournal::waiting_for(ExecutionId child) {
    Statement& row = *SW_TRY(database_.cached(kWaitingFor));
    ResetGuard guard(row);
    row.bind(1, number_of(child));
    std::vector<TaskToken> waiters;
    while (SW_TRY(row.step())) waiters.push_back(token_in(row, 0));
    return waiters;
}

}  // namespace stepwell::journal
