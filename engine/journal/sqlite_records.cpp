// What is stored of open executions beside their rows: records and large payloads, and what of them
// is left when a large one has ended.
#include <optional>

#include "engine/journal/columns.hpp"
#include "engine/journal/sqlite_journal.hpp"

namespace stepwell::journal {
namespace {

constexpr const char* kDeleteOpen = "DELETE FROM open_executions WHERE id = ?1";
constexpr const char* kRemoveWaits = "DELETE FROM awaited WHERE child = ?1";
constexpr const char* kPutRecord =
    "INSERT OR REPLACE INTO records(execution, key, bytes) VALUES(?1, ?2, ?3)";
constexpr const char* kRemoveRecord = "DELETE FROM records WHERE execution = ?1 AND key = ?2";
constexpr const char* kRemoveRecordRange =
    "DELETE FROM records WHERE execution = ?1 AND key BETWEEN ?2 AND ?3";
constexpr const char* kRemoveRecords = "DELETE FROM records WHERE execution = ?1";
constexpr const char* kPutPayload =
    "INSERT OR REPLACE INTO payloads(execution, key, bytes) VALUES(?1, ?2, ?3)";
constexpr const char* kRemovePayload = "DELETE FROM payloads WHERE execution = ?1 AND key = ?2";
constexpr const char* kRemovePayloads = "DELETE FROM payloads WHERE execution = ?1";
constexpr const char* kAddLeftovers = "INSERT OR IGNORE INTO leftovers(execution) VALUES(?1)";
constexpr const char* kRemoveLeftovers = "DELETE FROM leftovers WHERE execution = ?1";
constexpr const char* kFirstLeftovers =
    "SELECT execution FROM leftovers ORDER BY execution LIMIT 1";
constexpr const char* kRecordBehind =
    "SELECT key FROM records WHERE execution = ?1 ORDER BY key LIMIT 1 OFFSET ?2";
constexpr const char* kRemoveRecordsBefore =
    "DELETE FROM records WHERE execution = ?1 AND key < ?2";
constexpr const char* kRemoveSomePayloads =
    "DELETE FROM payloads WHERE rowid IN"
    " (SELECT rowid FROM payloads WHERE execution = ?1 ORDER BY key LIMIT ?2)";
constexpr const char* kHasPayloads = "SELECT 1 FROM payloads WHERE execution = ?1 LIMIT 1";

}  // namespace

Result<void> SqliteJournal::remove_open(const ExecutionWrite& execution) {
    if (!execution.was_open) return {};
    const auto by_id = [&](Statement& row) { row.bind(1, number_of(execution.id)); };
    SW_TRY(run(kDeleteOpen, [&](Statement& row) { row.bind(1, number_of(execution.id)); }));
    if (execution.was_awaited) {
        SW_TRY(run(kRemoveWaits, [&](Statement& row) { row.bind(1, number_of(execution.id)); }));
    }
    if (execution.leaves_records) return run(kAddLeftovers, by_id);
    if (execution.had_payloads) SW_TRY(run(kRemovePayloads, by_id));
    return run(kRemoveRecords, by_id);
}

/// One that goes on has nothing of its earlier life.
Result<void> SqliteJournal::forget_leftovers(ExecutionId id) {
    const auto by_id = [&](Statement& row) { row.bind(1, number_of(id)); };
    SW_TRY(run(kRemoveLeftovers, by_id));
    SW_TRY(run(kRemovePayloads, by_id));
    return run(kRemoveRecords, by_id);
}

Result<bool> SqliteJournal::has_leftovers() {
    return SW_TRY(database_.scalar("SELECT EXISTS(SELECT 1 FROM leftovers)")) != 0;
}

Result<void> SqliteJournal::write(const Sweep& sweep) {
    std::int64_t execution = 0;
    {
        Statement& first = *SW_TRY(database_.cached(kFirstLeftovers));
        ResetGuard guard(first);
        if (!SW_TRY(first.step())) return {};
        execution = first.integer(0);
    }
    if (SW_TRY(sweep_records(execution, sweep.records_max))) return {};
    if (SW_TRY(sweep_payloads(execution, sweep.payloads_max))) return {};
    return run(kRemoveLeftovers, [&](Statement& row) { row.bind(1, execution); });
}

/// False where none is left.
Result<bool> SqliteJournal::sweep_records(std::int64_t execution, std::size_t count_max) {
    std::optional<std::int64_t> behind;
    {
        Statement& next = *SW_TRY(database_.cached(kRecordBehind));
        ResetGuard guard(next);
        next.bind(1, execution);
        next.bind(2, static_cast<std::int64_t>(count_max));
        if (SW_TRY(next.step())) behind = next.integer(0);
    }
    SW_TRY(run(kRemoveRecordsBefore, [&](Statement& row) {
        row.bind(1, execution);
        row.bind(2, behind.value_or(INT64_MAX));
    }));
    return behind.has_value();
}

Result<bool> SqliteJournal::sweep_payloads(std::int64_t execution, std::size_t count_max) {
    SW_TRY(run(kRemoveSomePayloads, [&](Statement& row) {
        row.bind(1, execution);
        row.bind(2, static_cast<std::int64_t>(count_max));
    }));
    Statement& left = *SW_TRY(database_.cached(kHasPayloads));
    ResetGuard guard(left);
    left.bind(1, execution);
    return SW_TRY(left.step());
}

Result<void> SqliteJournal::write_records(const ExecutionWrite& execution) {
    for (const auto& record : execution.put) {
        const char* put = core::is_payload(record.key) ? kPutPayload : kPutRecord;
        SW_TRY(run(put, [&](Statement& row) {
            row.bind(1, number_of(execution.id));
            row.bind(2, number_of(record.key));
            row.bind_blob(3, record.bytes);
        }));
    }
    for (const core::RecordKey key : execution.removed) {
        const char* remove = core::is_payload(key) ? kRemovePayload : kRemoveRecord;
        SW_TRY(run(remove, [&](Statement& row) {
            row.bind(1, number_of(execution.id));
            row.bind(2, number_of(key));
        }));
    }
    for (const auto& [first, last] : execution.removed_ranges) {
        SW_TRY(run(kRemoveRecordRange, [&, first = first, last = last](Statement& row) {
            row.bind(1, number_of(execution.id));
            row.bind(2, number_of(first));
            row.bind(3, number_of(last));
        }));
    }
    return {};
}

}  // namespace stepwell::journal
