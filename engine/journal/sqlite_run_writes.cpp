// Run rows in SQLite, written: a part of the transaction that ends, reopens or removes a run.
//
// The counts of a batch are added up before they are written: a thousand starts of one workflow
// within a minute are one row's change.
#include "engine/journal/columns.hpp"
#include "engine/journal/sqlite_journal.hpp"

namespace stepwell::journal {
namespace {

constexpr std::int64_t kCountedMs = 60'000;

constexpr const char* kPutRunRow =
    "INSERT OR REPLACE INTO run_rows(id, workflow, started, revision, folded, caught, rows_read,"
    " rows_rejected, queued, details) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr const char* kPutRunFailure =
    "INSERT OR REPLACE INTO run_failures(run, fingerprint, workflow, started, recovered, state,"
    " path, error, cause, message) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr const char* kRemoveRunRow = "DELETE FROM run_rows WHERE id = ?1";
constexpr const char* kRemoveMarks = "DELETE FROM history_marks WHERE execution = ?1";
constexpr const char* kRemoveRunFailures = "DELETE FROM run_failures WHERE run = ?1";
constexpr const char* kRecoverRunFailures = "UPDATE run_failures SET recovered = 1 WHERE run = ?1";
constexpr const char* kCounted = "SELECT workflow, status, started FROM executions WHERE id = ?1";
constexpr const char* kAddCount =
    "INSERT INTO run_counts(workflow, status, minute, count) VALUES(?1, ?2, ?3, ?4)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count";
constexpr const char* kRemoveZero =
    "DELETE FROM run_counts WHERE workflow = ?1 AND status = ?2 AND minute = ?3 AND count = 0";
constexpr const char* kSetRowsFrom = "UPDATE meta SET value = ?1 WHERE key = 'rows_from'";

void bind_optional(Statement& row, int index, std::optional<std::int64_t> value) {
    if (value) {
        row.bind(index, *value);
    } else {
        row.bind_null(index);
    }
}

}  // namespace

Result<void> SqliteJournal::write(const RowsFrom& from) {
    return run(kSetRowsFrom, [&](Statement& row) { row.bind(1, number_of(from.id)); });
}

Result<void> SqliteJournal::write(const RunRow& row) {
    SW_TRY(run(kPutRunRow, [&](Statement& to) {
        to.bind(1, number_of(row.id));
        to.bind(2, number_of(row.workflow));
        to.bind(3, to_ms(row.started_at));
        to.bind(4, number_of(row.revision));
        to.bind(5, std::int64_t{row.is_folded ? 1 : 0});
        to.bind(6, std::int64_t{row.caught});
        bind_optional(to, 7, row.rows_read);
        bind_optional(to, 8, row.rows_rejected);
        to.bind(9, std::int64_t{row.queued.count()});
        to.bind(10, std::string_view(row.details));
    }));
    for (const RunFailure& failure : row.failures) {
        SW_TRY(run(kPutRunFailure, [&](Statement& to) {
            to.bind(1, number_of(row.id));
            to.bind(2, std::string_view(failure.fingerprint));
            to.bind(3, number_of(row.workflow));
            to.bind(4, to_ms(row.started_at));
            to.bind(5, std::int64_t{failure.is_recovered ? 1 : 0});
            to.bind(6, std::string_view(failure.state));
            to.bind(7, std::string_view(failure.path));
            to.bind(8, std::string_view(failure.error));
            to.bind(9, std::string_view(failure.cause));
            to.bind(10, std::string_view(failure.message));
        }));
    }
    return {};
}

Result<void> SqliteJournal::forget_row(ExecutionId id) {
    // One that runs is not removed.
    const std::string one = "SELECT count(*) FROM executions WHERE status = 0 AND id = ";
    if (SW_TRY(database_.scalar(one + std::to_string(value_of(id)))) > 0) return {};
    SW_TRY(count(id, -1));
    SW_TRY(run(kRemoveRunRow, [&](Statement& row) { row.bind(1, number_of(id)); }));
    SW_TRY(run(kRemoveMarks, [&](Statement& row) { row.bind(1, number_of(id)); }));
    return run(kRemoveRunFailures, [&](Statement& row) { row.bind(1, number_of(id)); });
}

Result<void> SqliteJournal::recover_failures(ExecutionId id) {
    SW_TRY(run(kRemoveRunRow, [&](Statement& row) { row.bind(1, number_of(id)); }));
    return run(kRecoverRunFailures, [&](Statement& row) { row.bind(1, number_of(id)); });
}

Result<void> SqliteJournal::count(ExecutionId id, std::int64_t difference) {
    Statement& row = *SW_TRY(database_.cached(kCounted));
    ResetGuard guard(row);
    row.bind(1, number_of(id));
    if (!SW_TRY(row.step())) return {};
    count(id_in<WorkflowId>(row, 0), static_cast<core::Status>(row.integer(1)),
          from_ms(row.integer(2)), difference);
    return {};
}

/// From what its row says to what it will say.
Result<void> SqliteJournal::count_end(ExecutionId id, core::Status status) {
    Statement& row = *SW_TRY(database_.cached(kCounted));
    ResetGuard guard(row);
    row.bind(1, number_of(id));
    if (!SW_TRY(row.step())) return {};
    const auto workflow = id_in<WorkflowId>(row, 0);
    const Timestamp started = from_ms(row.integer(2));
    count(workflow, static_cast<core::Status>(row.integer(1)), started, -1);
    count(workflow, status, started, 1);
    return {};
}

void SqliteJournal::count(WorkflowId workflow, core::Status status, Timestamp started,
                          std::int64_t difference) {
    counts_[{workflow, status, to_ms(started) / kCountedMs}] += difference;
}

Result<void> SqliteJournal::write_counts() {
    for (const auto& [key, difference] : counts_) {
        if (difference == 0) continue;
        const auto bind_key = [&key = key](Statement& row) {
            row.bind(1, number_of(std::get<0>(key)));
            row.bind(2, static_cast<std::int64_t>(std::get<1>(key)));
            row.bind(3, std::get<2>(key));
        };
        SW_TRY(run(kAddCount, [&, change = difference](Statement& row) {
            bind_key(row);
            row.bind(4, change);
        }));
        if (difference < 0) SW_TRY(run(kRemoveZero, bind_key));
    }
    counts_.clear();
    return {};
}

}  // namespace stepwell::journal
