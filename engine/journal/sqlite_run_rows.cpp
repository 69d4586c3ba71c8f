// Run rows in SQLite, read. Each question walks one index over what it is about: failures by the
// start of their runs, counts by minute.
#include "engine/journal/columns.hpp"
#include "engine/journal/run_row_sql.hpp"
#include "engine/journal/sqlite_reads.hpp"

namespace stepwell::journal {

const char* const kRunRow =
    "SELECT id, workflow, started, revision, folded, caught, rows_read, rows_rejected, queued,"
    " details FROM run_rows WHERE id = ?1";
const char* const kRunFailuresOf =
    "SELECT run, started, fingerprint, state, path, error, cause, message, recovered"
    " FROM run_failures WHERE run = ?1 ORDER BY fingerprint";
const char* const kUnfoldedRows =
    "SELECT id, workflow, started, revision, folded, caught, rows_read, rows_rejected, queued, ''"
    " FROM run_rows WHERE folded = 0 ORDER BY id DESC LIMIT ?1";
const char* const kRunCounts =
    "SELECT workflow, status, minute, count FROM run_counts"
    " WHERE workflow IN (SELECT id FROM workflows) AND status IN (?4, ?5, ?6, ?7, ?8)"
    " AND minute >= ?1 AND minute < ?2";
const char* const kRunCountsOfWorkflow =
    "SELECT workflow, status, minute, count FROM run_counts"
    " WHERE workflow = ?3 AND status IN (?4, ?5, ?6, ?7, ?8)"
    " AND minute >= ?1 AND minute < ?2";
const char* const kNewestCount =
    "SELECT workflow, status, minute, count FROM run_counts"
    " WHERE workflow = ?3 AND status = ?4 AND minute >= ?1 AND minute < ?2"
    " ORDER BY minute DESC LIMIT 1";
const char* const kFailureCounts =
    "SELECT fingerprint, workflow, (started - ?1) / ?3, count(*), min(started), max(started),"
    " min(run), max(run) FROM run_failures"
    " WHERE started >= ?1 AND started < ?2 AND (?4 = 0 OR workflow = ?4) GROUP BY 1, 2, 3";
const char* const kFailures =
    "SELECT run, started, fingerprint, state, path, error, cause, message, recovered"
    " FROM run_failures INDEXED BY run_failures_by_fingerprint"
    " WHERE fingerprint = ?1 AND run < ?2 ORDER BY run DESC LIMIT ?3";
const char* const kCaughtRuns =
    "SELECT id FROM run_rows WHERE caught > 0 AND id < ?1 ORDER BY id DESC LIMIT ?2";

const char* const kOpenRuns =
    "SELECT id, due IS NOT NULL AND (flags & 7) = 0 FROM open_executions ORDER BY id LIMIT ?1";

namespace {

constexpr std::int64_t kMinuteMs = 60'000;

/// The one, or all: what is null is looked for nowhere.
void bind_statuses(Statement& statement, std::optional<core::Status> wanted) {
    for (int status = 0; status < 5; ++status) {
        if (!wanted || static_cast<int>(*wanted) == status) {
            statement.bind(4 + status, std::int64_t{status});
        } else {
            statement.bind_null(4 + status);
        }
    }
}

std::optional<std::int64_t> integer_or_none(const Statement& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

RunRow run_row_in(const Statement& row) {
    RunRow out;
    out.id = id_in<ExecutionId>(row, 0);
    out.workflow = id_in<WorkflowId>(row, 1);
    out.started_at = from_ms(row.integer(2));
    out.revision = id_in<ChunkId>(row, 3);
    out.is_folded = row.integer(4) != 0;
    out.caught = static_cast<std::uint32_t>(row.integer(5));
    out.rows_read = integer_or_none(row, 6);
    out.rows_rejected = integer_or_none(row, 7);
    out.queued = Duration(row.integer(8));
    out.details = row.bytes(9);
    return out;
}

ListedFailure failure_in(const Statement& row) {
    return {id_in<ExecutionId>(row, 0),
            from_ms(row.integer(1)),
            {row.bytes(2), row.bytes(3), row.bytes(4), row.bytes(5), row.bytes(6), row.bytes(7),
             row.integer(8) != 0}};
}

template <class Row, class Make>
Result<std::vector<Row>> rows_in(Statement& statement, Make make) {
    ResetGuard guard(statement);
    std::vector<Row> rows;
    while (SW_TRY(statement.step())) rows.push_back(make(statement));
    return rows;
}

/// The first minute that does not begin before `at`.
std::int64_t minute_from(Timestamp at) {
    const std::int64_t ms = to_ms(at);
    return ms / kMinuteMs + (ms % kMinuteMs > 0 ? 1 : 0);
}

}  // namespace

template <class Port>
Result<std::vector<RunRow>> SqliteReads<Port>::run_rows(const std::vector<ExecutionId>& ids) {
    std::vector<RunRow> rows;
    for (const ExecutionId id : ids) {
        Statement& row = *SW_TRY(database_.cached(kRunRow));
        row.bind(1, number_of(id));
        auto found = SW_TRY(rows_in<RunRow>(row, run_row_in));
        if (found.empty()) continue;
        Statement& failures = *SW_TRY(database_.cached(kRunFailuresOf));
        failures.bind(1, number_of(id));
        for (auto& one : SW_TRY(rows_in<ListedFailure>(failures, failure_in))) {
            found[0].failures.push_back(std::move(one.failure));
        }
        rows.push_back(std::move(found[0]));
    }
    return rows;
}

template <class Port>
Result<JournalReader::WaitingRuns> SqliteReads<Port>::waiting_runs(std::size_t limit) {
    Statement& row = *SW_TRY(database_.cached(kOpenRuns));
    ResetGuard guard(row);
    row.bind(1, static_cast<std::int64_t>(limit) + 1);
    JournalReader::WaitingRuns found;
    std::size_t seen = 0;
    while (SW_TRY(row.step())) {
        if (++seen > limit) break;
        if (row.integer(1) != 0) found.runs.push_back(id_in<ExecutionId>(row, 0));
    }
    found.are_all = seen <= limit;
    return found;
}

template <class Port>
Result<std::vector<RunRow>> SqliteReads<Port>::unfolded_rows(std::size_t limit) {
    Statement& statement = *SW_TRY(database_.cached(kUnfoldedRows));
    statement.bind(1, static_cast<std::int64_t>(limit));
    return rows_in<RunRow>(statement, run_row_in);
}

template <class Port>
Result<ExecutionId> SqliteReads<Port>::rows_from() {
    return static_cast<ExecutionId>(
        SW_TRY(database_.scalar("SELECT value FROM meta WHERE key = 'rows_from'")));
}

template <class Port>
Result<std::vector<RunCount>> SqliteReads<Port>::run_counts(const RunCountQuery& query) {
    const char* const sql = query.is_newest_only ? kNewestCount
                            : query.workflow     ? kRunCountsOfWorkflow
                                                 : kRunCounts;
    Statement& statement = *SW_TRY(database_.cached(sql));
    statement.bind(1, query.from ? minute_from(*query.from) : INT64_MIN);
    statement.bind(2, query.until ? minute_from(*query.until) : INT64_MAX);
    if (query.workflow) statement.bind(3, number_of(*query.workflow));
    if (query.is_newest_only) {
        statement.bind(4, static_cast<std::int64_t>(*query.status));
    } else {
        bind_statuses(statement, query.status);
    }
    return rows_in<RunCount>(statement, [](const Statement& row) {
        return RunCount{id_in<WorkflowId>(row, 0), static_cast<core::Status>(row.integer(1)),
                        from_ms(row.integer(2) * kMinuteMs),
                        static_cast<std::uint64_t>(row.integer(3))};
    });
}

template <class Port>
Result<std::vector<FailureCount>> SqliteReads<Port>::failure_counts(
    const FailureCountQuery& query) {
    Statement& statement = *SW_TRY(database_.cached(kFailureCounts));
    statement.bind(1, to_ms(query.from));
    statement.bind(2, to_ms(query.until));
    statement.bind(3, std::int64_t{query.interval.count()});
    statement.bind(4, query.workflow ? number_of(*query.workflow) : std::int64_t{0});
    return rows_in<FailureCount>(statement, [](const Statement& row) {
        return FailureCount{row.bytes(0),
                            id_in<WorkflowId>(row, 1),
                            static_cast<std::uint64_t>(row.integer(2)),
                            static_cast<std::uint64_t>(row.integer(3)),
                            from_ms(row.integer(4)),
                            from_ms(row.integer(5)),
                            id_in<ExecutionId>(row, 6),
                            id_in<ExecutionId>(row, 7)};
    });
}

template <class Port>
Result<std::vector<ListedFailure>> SqliteReads<Port>::failures(const FailureQuery& query) {
    Statement& statement = *SW_TRY(database_.cached(kFailures));
    statement.bind(1, std::string_view(query.fingerprint));
    statement.bind(2, query.before ? number_of(*query.before) : INT64_MAX);
    statement.bind(3, static_cast<std::int64_t>(query.limit));
    return rows_in<ListedFailure>(statement, failure_in);
}

template <class Port>
Result<std::vector<ExecutionId>> SqliteReads<Port>::caught_runs(ExecutionId before,
                                                                std::size_t limit) {
    Statement& statement = *SW_TRY(database_.cached(kCaughtRuns));
    statement.bind(1, number_of(before));
    statement.bind(2, static_cast<std::int64_t>(limit));
    return rows_in<ExecutionId>(statement,
                                [](const Statement& row) { return id_in<ExecutionId>(row, 0); });
}

template Result<std::vector<RunRow>> SqliteReads<Journal>::run_rows(
    const std::vector<ExecutionId>&);
template Result<std::vector<RunRow>> SqliteReads<JournalReader>::run_rows(
    const std::vector<ExecutionId>&);
template Result<std::vector<RunRow>> SqliteReads<Journal>::unfolded_rows(std::size_t);
template Result<std::vector<RunRow>> SqliteReads<JournalReader>::unfolded_rows(std::size_t);
template Result<JournalReader::WaitingRuns> SqliteReads<Journal>::waiting_runs(std::size_t);
template Result<JournalReader::WaitingRuns> SqliteReads<JournalReader>::waiting_runs(std::size_t);
template Result<ExecutionId> SqliteReads<Journal>::rows_from();
template Result<ExecutionId> SqliteReads<JournalReader>::rows_from();
template Result<std::vector<RunCount>> SqliteReads<Journal>::run_counts(const RunCountQuery&);
template Result<std::vector<RunCount>> SqliteReads<JournalReader>::run_counts(const RunCountQuery&);
template Result<std::vector<FailureCount>> SqliteReads<Journal>::failure_counts(
    const FailureCountQuery&);
template Result<std::vector<FailureCount>> SqliteReads<JournalReader>::failure_counts(
    const FailureCountQuery&);
template Result<std::vector<ListedFailure>> SqliteReads<Journal>::failures(const FailureQuery&);
template Result<std::vector<ListedFailure>> SqliteReads<JournalReader>::failures(
    const FailureQuery&);
template Result<std::vector<ExecutionId>> SqliteReads<Journal>::caught_runs(ExecutionId,
                                                                            std::size_t);
template Result<std::vector<ExecutionId>> SqliteReads<JournalReader>::caught_runs(ExecutionId,
                                                                                  std::size_t);

}  // namespace stepwell::journal
