#include "engine/journal/sqlite_journal.hpp"

#include <algorithm>
#include <system_error>
#include <utility>
#include <variant>

#include "engine/journal/columns.hpp"
#include "engine/journal/schema.hpp"
#include "engine/journal/sqlite_file.hpp"

namespace stepwell::journal {
namespace {

/// How long one call waits for another process that has locked the file: the engine's thread has
/// more to do than that, and asks again by itself.
constexpr Duration kPatience{100};

constexpr const char* kInsertWorkflow =
    "INSERT INTO workflows(id, name, arn, type, created, deleted) VALUES(?1, ?2, ?3, ?4, ?5, 0)";
constexpr const char* kDeleteWorkflow = "UPDATE workflows SET deleted = 1 WHERE id = ?1";
constexpr const char* kInsertVersion =
    "INSERT INTO versions(id, workflow, number, revision, definition, role, settings, created)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr const char* kInsertExecution =
    "INSERT INTO executions(id, workflow, version, name, status, started, stopped, first_chunk,"
    " last_chunk, error, origin, principal)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
constexpr const char* kCloseExecution =
    "UPDATE executions SET status = ?2, stopped = ?3, last_chunk = ?4, error = ?5 WHERE id = ?1";
constexpr const char* kReopenExecution =
    "UPDATE executions SET status = 0, stopped = NULL, error = NULL, redrives = ?2, redriven = ?3"
    " WHERE id = ?1";
constexpr const char* kSetParent =
    "UPDATE executions SET parent = ?2, parent_frame = ?3, parent_attempt = ?4, depth = ?5"
    " WHERE id = ?1";
constexpr const char* kInsertWait =
    "INSERT OR IGNORE INTO awaited(child, parent, frame, attempt) VALUES(?1, ?2, ?3, ?4)";
constexpr const char* kInsertChunk =
    "INSERT INTO history(id, previous, events_before, bytes, execution)"
    " VALUES(?1, ?2, ?3, ?4, ?5)";
constexpr const char* kInsertMark =
    "INSERT INTO history_marks(execution, events_before, chunk) VALUES(?1, ?2, ?3)";
constexpr const char* kWriteOpen =
    "INSERT INTO open_executions(id, due, flags, last_chunk, head) VALUES(?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT(id) DO UPDATE SET due = excluded.due, flags = excluded.flags,"
    " last_chunk = excluded.last_chunk, head = excluded.head";
constexpr const char* kPutDocument =
    "INSERT OR REPLACE INTO documents(collection, key, value) VALUES(?1, ?2, ?3)";
constexpr const char* kRemoveDocument = "DELETE FROM documents WHERE collection = ?1 AND key = ?2";
constexpr const char* kInsertClaim =
    "INSERT INTO claims(source, key, details, execution, at) VALUES(?1, ?2, ?3, ?4, ?5)";
constexpr const char* kRemoveExecution = "DELETE FROM executions WHERE id = ?1 AND status <> 0";
constexpr const char* kRemoveClaim = "DELETE FROM claims WHERE id = ?1";
constexpr const char* kRemoveChunk = "DELETE FROM history WHERE id = ?1";
/// Ids up to the value were in use once.
constexpr const char* kRaiseFloor =
    "INSERT INTO meta(key, value) VALUES(?1, ?2)"
    " ON CONFLICT(key) DO UPDATE SET value = max(value, excluded.value)";
constexpr const char* kEpoch = "SELECT value FROM meta WHERE key = 'epoch'";
constexpr const char* kRaiseEpoch =
    "INSERT INTO meta(key, value) VALUES('epoch', 1)"
    " ON CONFLICT(key) DO UPDATE SET value = value + 1";

std::int64_t flags_of(const OpenRecord& open) {
    return (open.has_tasks ? kHasTasks : 0) | (open.is_quarantined ? kIsQuarantined : 0) |
           (open.has_begun ? kHasBegun : 0) | (open.is_awaited ? kIsAwaited : 0);
}

void bind_or_null(Statement& statement, int index, const std::string& text) {
    if (text.empty()) {
        statement.bind_null(index);
    } else {
        statement.bind(index, std::string_view(text));
    }
}

void bind_or_null(Statement& statement, int index, std::optional<Timestamp> at) {
    if (at) {
        statement.bind(index, to_ms(*at));
    } else {
        statement.bind_null(index);
    }
}

Error fenced(const std::filesystem::path& folder) {
    return {ErrorCode::conflict, "data folder '" + folder.string() +
                                     "': expected to be its only owner, but another process has "
                                     "taken it over"};
}

Result<void> make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ErrorCode::io, "'" + folder.string() + "': " + error.message());
    return {};
}

}  // namespace

SqliteJournal::SqliteJournal(OwnerLock lock, Database database, std::filesystem::path folder)
    : SqliteReads(std::move(database)), lock_(std::move(lock)), folder_(std::move(folder)) {}

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const std::filesystem::path& folder,
                                                           std::uint64_t secret,
                                                           Checkpointing checkpointing) {
    SW_TRY(make_folder(folder));
    OwnerLock lock = SW_TRY(OwnerLock::take(folder));
    Database database = SW_TRY(Database::open(folder / kFileName, Database::Mode::read_write));
    std::unique_ptr<SqliteJournal> journal(
        new SqliteJournal(std::move(lock), std::move(database), folder));
    SW_TRY(prepare(journal->database_, folder / kFileName, secret));
    SW_TRY(journal->take_lease());
    journal->database_.set_patience(kPatience);
    SW_TRY(journal->read_secret());
    if (checkpointing == Checkpointing::by_own_thread) SW_TRY(journal->begin_checkpoints());
    return journal;
}

Result<void> SqliteJournal::begin_checkpoints() {
    checkpoints_ = SW_TRY(Checkpoints::open(folder_ / kFileName));
    database_.make_no_checkpoints();
    return {};
}

Result<void> SqliteJournal::take_lease() {
    SW_TRY(database_.execute(kBegin));
    SW_TRY(database_.execute(kRaiseEpoch));
    lease_.epoch = static_cast<std::uint64_t>(SW_TRY(database_.scalar(kEpoch)));
    return database_.execute(kCommit);
}

Result<void, CommitError> SqliteJournal::commit(const Batch& batch, const Lease& lease) {
    using Kind = CommitError::Kind;
    if (failure_) return fail(*failure_);
    const auto give_up = [&](Kind kind, Error error) {
        failure_ = CommitError{std::move(error), kind};
        return fail(*failure_);
    };
    auto done = run(kBegin, [](Statement&) {});
    if (done) {
        const auto is_ours = is_newest(lease);
        if (is_ours && !*is_ours) {
            roll_back();
            return give_up(Kind::fenced, fenced(folder_));
        }
        done = is_ours ? write(batch) : Result<void>(fail(is_ours.error()));
    }
    if (done) done = run(kCommit, [](Statement&) {});
    if (done) {
        const bool is_for_writer = checkpoints_ && checkpoints_->committed(database_.log_pages());
        if (is_for_writer) (void)database_.checkpoint();  // where it fails, it comes again
        return {};
    }
    const bool is_undone = roll_back();
    switch (is_undone ? done.error().code : ErrorCode::io) {
        case ErrorCode::conflict:
            return fail(CommitError{std::move(done).error(), Kind::refused});
        case ErrorCode::unavailable:
            return fail(CommitError{std::move(done).error(), Kind::nothing_written});
        default:
            return give_up(Kind::unknown, std::move(done).error());
    }
}

Result<bool> SqliteJournal::is_newest(const Lease& lease) {
    Statement& row = *SW_TRY(database_.cached(kEpoch));
    ResetGuard guard(row);
    return SW_TRY(row.step()) && lease.shard == lease_.shard &&
           static_cast<std::uint64_t>(row.integer(0)) == lease.epoch;
}

/// SQLite rolls back by itself after some errors, and then there is nothing to undo.
bool SqliteJournal::roll_back() {
    if (!database_.is_in_transaction()) return true;
    return database_.execute("ROLLBACK").has_value() && !database_.is_in_transaction();
}

Result<void> SqliteJournal::write(const Batch& batch) {
    counts_.clear();
    for (const Operation& operation : batch.operations) {
        SW_TRY(std::visit([&](const auto& one) { return write(one); }, operation));
    }
    return write_counts();
}

Result<void> SqliteJournal::write(const WorkflowDeletion& deletion) {
    return run(kDeleteWorkflow, [&](Statement& row) { row.bind(1, number_of(deletion.id)); });
}

Result<void> SqliteJournal::write(const WorkflowRecord& workflow) {
    return run(kInsertWorkflow, [&](Statement& row) {
        row.bind(1, number_of(workflow.id));
        row.bind(2, workflow.name);
        row.bind(3, workflow.arn);
        row.bind(4, workflow.type);
        row.bind(5, to_ms(workflow.created_at));
    });
}

Result<void> SqliteJournal::write(const VersionRecord& version) {
    return run(kInsertVersion, [&](Statement& row) {
        row.bind(1, number_of(version.id));
        row.bind(2, number_of(version.workflow));
        row.bind(3, std::int64_t{version.number});
        row.bind(4, version.revision_id);
        row.bind(5, version.definition);
        row.bind(6, version.role_arn);
        row.bind(7, version.settings);
        row.bind(8, to_ms(version.created_at));
    });
}

Result<void> SqliteJournal::write(const DocumentWrite& document) {
    return run(document.value ? kPutDocument : kRemoveDocument, [&](Statement& row) {
        row.bind(1, document.collection);
        row.bind(2, document.key);
        if (document.value) row.bind(3, *document.value);
    });
}

Result<void> SqliteJournal::write(const ClaimRecord& record) {
    return run(kInsertClaim, [&](Statement& row) {
        row.bind(1, record.claim.source);
        row.bind(2, record.claim.key);
        row.bind(3, record.claim.details);
        row.bind(4, number_of(record.execution));
        row.bind(5, to_ms(record.at));
    });
}

/// The highest id of a table may be among what goes; it must not come again.
Result<void> SqliteJournal::write(const Removal& removal) {
    const auto remove = [&](const auto& ids, const char* sql,
                            std::string_view floor) -> Result<void> {
        std::int64_t highest = 0;
        for (const auto id : ids) {
            highest = std::max(highest, number_of(id));
            SW_TRY(run(sql, [&](Statement& row) { row.bind(1, number_of(id)); }));
        }
        if (ids.empty()) return {};
        return run(kRaiseFloor, [&](Statement& row) {
            row.bind(1, floor);
            row.bind(2, highest);
        });
    };
    for (const ExecutionId id : removal.executions) SW_TRY(forget_row(id));
    SW_TRY(remove(removal.executions, kRemoveExecution, "execution_floor"));
    for (const std::int64_t claim : removal.claims) {
        SW_TRY(run(kRemoveClaim, [&](Statement& row) { row.bind(1, claim); }));
    }
    return remove(removal.chunks, kRemoveChunk, "chunk_floor");
}

Result<void> SqliteJournal::write(const ExecutionWrite& execution) {
    SW_ASSERT(!(execution.open && execution.end));
    SW_ASSERT(!(execution.start || execution.end) || !execution.chunks.empty());
    if (execution.reopening) {
        SW_TRY(count(execution.id, -1));
        SW_TRY(recover_failures(execution.id));
        SW_TRY(forget_leftovers(execution.id));
        SW_TRY(reopen_row(execution));
        SW_TRY(count(execution.id, 1));
    }
    if (execution.start) {
        SW_TRY(insert_row(execution));
        count(execution.start->workflow,
              execution.end ? execution.end->status : core::Status::running,
              execution.start->started_at, 1);
    } else if (execution.end) {
        SW_TRY(count_end(execution.id, execution.end->status));
        SW_TRY(close_row(execution));
    }
    if (execution.end && execution.row) SW_TRY(write(*execution.row));
    for (const auto& chunk : execution.chunks) {
        SW_TRY(run(kInsertChunk, [&](Statement& row) {
            row.bind(1, number_of(chunk.id));
            row.bind(2, number_of(chunk.previous));
            row.bind(3, static_cast<std::int64_t>(chunk.events_before));
            row.bind_blob(4, chunk.bytes);
            row.bind(5, number_of(execution.id));
        }));
        if (!chunk.is_mark) continue;
        SW_TRY(run(kInsertMark, [&](Statement& row) {
            row.bind(1, number_of(execution.id));
            row.bind(2, static_cast<std::int64_t>(chunk.events_before));
            row.bind(3, number_of(chunk.id));
        }));
    }
    if (execution.parent) SW_TRY(write_parent(execution));
    if (execution.end) return remove_open(execution);
    if (execution.open) SW_TRY(write_open(execution));
    for (const TaskToken& waiter : execution.waits) {
        SW_TRY(run(kInsertWait, [&](Statement& row) {
            row.bind(1, number_of(execution.id));
            bind_token(row, 2, waiter);
        }));
    }
    return write_records(execution);
}

Result<void> SqliteJournal::write_parent(const ExecutionWrite& execution) {
    return run(kSetParent, [&](Statement& row) {
        row.bind(1, number_of(execution.id));
        bind_token(row, 2, execution.parent->token);
        row.bind(5, std::int64_t{execution.parent->depth});
    });
}

Result<void> SqliteJournal::insert_row(const ExecutionWrite& execution) {
    const ExecutionStart& start = *execution.start;
    const ExecutionEnd end = execution.end.value_or(ExecutionEnd{core::Status::running, {}, {}});
    return run(kInsertExecution, [&](Statement& row) {
        row.bind(1, number_of(execution.id));
        row.bind(2, number_of(start.workflow));
        row.bind(3, number_of(start.version));
        bind_or_null(row, 4, start.name);
        row.bind(5, static_cast<std::int64_t>(end.status));
        row.bind(6, to_ms(start.started_at));
        bind_or_null(row, 7, execution.end ? std::optional(end.stopped_at) : std::nullopt);
        row.bind(8, number_of(execution.chunks.front().id));
        row.bind(9, number_of(execution.chunks.back().id));
        bind_or_null(row, 10, end.error);
        bind_or_null(row, 11, start.origin);
        bind_or_null(row, 12, start.principal);
    });
}

Result<void> SqliteJournal::reopen_row(const ExecutionWrite& execution) {
    return run(kReopenExecution, [&](Statement& row) {
        row.bind(1, number_of(execution.id));
        row.bind(2, std::int64_t{execution.reopening->redrives});
        row.bind(3, to_ms(execution.reopening->at));
    });
}

Result<void> SqliteJournal::close_row(const ExecutionWrite& execution) {
    return run(kCloseExecution, [&](Statement& row) {
        row.bind(1, number_of(execution.id));
        row.bind(2, static_cast<std::int64_t>(execution.end->status));
        row.bind(3, to_ms(execution.end->stopped_at));
        row.bind(4, number_of(execution.chunks.back().id));
        bind_or_null(row, 5, execution.end->error);
    });
}

Result<void> SqliteJournal::write_open(const ExecutionWrite& execution) {
    const OpenRecord& open = *execution.open;
    return run(kWriteOpen, [&](Statement& row) {
        row.bind(1, number_of(execution.id));
        bind_or_null(row, 2, open.due);
        row.bind(3, flags_of(open));
        row.bind(4, number_of(open.last_chunk));
        row.bind_blob(5, open.head);
    });
}

Result<Counters> SqliteJournal::counters() {
    const auto next = [&](const char* table, const char* floor = "") {
        return database_.scalar(std::string("SELECT max(ifnull((SELECT max(id) FROM ") + table +
                                "), 0), ifnull((SELECT value FROM meta WHERE key = '" + floor +
                                "'), 0))");
    };
    Counters counters;
    counters.workflow = static_cast<WorkflowId>(SW_TRY(next("workflows")) + 1);
    counters.version = static_cast<VersionId>(SW_TRY(next("versions")) + 1);
    counters.execution =
        static_cast<ExecutionId>(SW_TRY(next("executions", "execution_floor")) + 1);
    counters.chunk = static_cast<ChunkId>(SW_TRY(next("history", "chunk_floor")) + 1);
    return counters;
}

Result<void> SqliteJournal::limit_pages_for_test(int pages) {
    SW_TRY(database_.scalar("PRAGMA max_page_count = " + std::to_string(pages)));
    return {};
}

std::uint64_t SqliteJournal::free_bytes() {
    std::error_code error;
    const auto space = std::filesystem::space(folder_, error);
    return error ? UINT64_MAX : space.available;
}

Result<void> SqliteReader::begin_snapshot() {
    return database_.execute("BEGIN");
}

/// It has written nothing: there is nothing that could fail to be kept.
void SqliteReader::end_snapshot() {
    (void)database_.execute("ROLLBACK");
}

Result<std::unique_ptr<SqliteReader>> SqliteReader::open(const std::filesystem::path& folder) {
    const auto path = folder / kFileName;
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
        return fail(ErrorCode::not_found,
                    "'" + folder.string() +
                        "': expected a data folder of Stepwell, but it has no '" + kFileName + "'");
    }
    Database database = SW_TRY(Database::open(path, Database::Mode::read_only));
    const std::int64_t form = SW_TRY(form_of(database, path));
    if (form == 0) return fail(ErrorCode::not_found, "'" + path.string() + "' is still empty");
    if (form < kSchemaVersion) {
        return fail(ErrorCode::invalid, "'" + path.string() + "': expected a journal of form " +
                                            std::to_string(kSchemaVersion) +
                                            ", but an older Stepwell wrote it; "
                                            "`stepwell serve` brings it up to date when it starts");
    }
    std::unique_ptr<SqliteReader> reader(new SqliteReader(std::move(database)));
    SW_TRY(reader->read_secret());
    return reader;
}

}  // namespace stepwell::journal
