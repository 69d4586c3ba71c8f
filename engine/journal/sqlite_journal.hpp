// The journal in one SQLite file: WAL, synchronous=FULL, one transaction a batch.
//
// Files in the data folder: stepwell.db, its -wal and -shm, stepwell.lock.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "engine/journal/checkpoints.hpp"
#include "engine/journal/journal.hpp"
#include "engine/journal/owner_lock.hpp"
#include "engine/journal/sqlite_reads.hpp"

namespace stepwell::journal {

class SqliteJournal final : public SqliteReads<Journal> {
public:
    /// Who makes checkpoints: commits, as SQLite has it, or a thread beside them.
    enum class Checkpointing { by_commits, by_own_thread };

    /// Makes the folder and the file where they are missing; holds the folder's lock until it is
    /// destroyed. `secret` keys a new journal; an old one keeps its own.
    ///
    /// Takes the lease. Fails with `conflict` where another process owns the folder, `unavailable`
    /// where one has locked the file, `io` or `corruption` where it cannot be used, `invalid` where
    /// a newer Stepwell wrote it.
    static Result<std::unique_ptr<SqliteJournal>> open(
        const std::filesystem::path& folder, std::uint64_t secret,
        Checkpointing checkpointing = Checkpointing::by_commits);

    [[nodiscard]] Lease lease() const override { return lease_; }
    Result<void, CommitError> commit(const Batch& batch, const Lease& lease) override;
    Result<Counters> counters() override;
    Result<void> scan_open(const std::function<void(const OpenSummary&)>& visit) override;
    Result<void> scan_begun(std::string_view workflow_name, const VisitBegun& visit) override;
    Result<std::optional<StoredExecution>> load(ExecutionId id) override;
    Result<std::optional<ExecutionId>> awaited_by(const TaskToken& attempt) override;
    Result<std::vector<Wait>> waits_of(ExecutionId parent) override;
    Result<std::vector<TaskToken>> waiting_for(ExecutionId child) override;
    Result<bool> has_leftovers() override;
    std::uint64_t free_bytes() override;

    /// For tests: the file may not grow beyond `pages`, as on a full disk.
    Result<void> limit_pages_for_test(int pages);

private:
    SqliteJournal(OwnerLock lock, Database database, std::filesystem::path folder);
    Result<void> begin_checkpoints();
    Result<void> take_lease();
    Result<void> write(const Batch& batch);
    Result<void> write(const WorkflowRecord& workflow);
    Result<void> write(const VersionRecord& version);
    Result<void> write(const WorkflowDeletion& deletion);
    Result<void> write(const ExecutionWrite& execution);
    Result<void> write(const DocumentWrite& document);
    Result<void> write(const ClaimRecord& record);
    Result<void> write(const Removal& removal);
    Result<void> write(const RunRow& row);
    Result<void> write(const RowsFrom& from);
    Result<void> write(const Sweep& sweep);
    Result<bool> sweep_records(std::int64_t execution, std::size_t count_max);
    Result<bool> sweep_payloads(std::int64_t execution, std::size_t count_max);
    Result<void> forget_leftovers(ExecutionId id);
    Result<void> forget_row(ExecutionId id);
    Result<void> recover_failures(ExecutionId id);
    /// Of an execution as it is in the table, `difference` more.
    Result<void> count(ExecutionId id, std::int64_t difference);
    Result<void> count_end(ExecutionId id, core::Status status);
    void count(WorkflowId workflow, core::Status status, Timestamp started,
               std::int64_t difference);
    Result<void> write_counts();
    Result<void> insert_row(const ExecutionWrite& execution);
    Result<void> reopen_row(const ExecutionWrite& execution);
    Result<void> close_row(const ExecutionWrite& execution);
    Result<void> write_parent(const ExecutionWrite& execution);
    Result<void> write_open(const ExecutionWrite& execution);
    Result<void> remove_open(const ExecutionWrite& execution);
    Result<void> forget_pages();
    Result<void> write_records(const ExecutionWrite& execution);
    template <class Bind>
    Result<void> run(const char* sql, Bind bind) {
        Statement& statement = *SW_TRY(database_.cached(sql));
        bind(statement);
        return statement.run();
    }

    /// The epoch that the file has, in the transaction that is open.
    Result<bool> is_newest(const Lease& lease);
    /// Undoes what is not committed. False: it is not certain that nothing is written.
    bool roll_back();

    OwnerLock lock_;
    std::unique_ptr<Checkpoints> checkpoints_;  // null: by_commits
    std::filesystem::path folder_;
    Lease lease_;
    std::optional<CommitError> failure_;  // after which there is no going on
    /// What the batch changes of the counts of runs: by workflow, status and minute.
    std::map<std::tuple<WorkflowId, core::Status, std::int64_t>, std::int64_t> counts_;
};

/// A read-only connection to the file of a journal, whether its owner lives or not. One per thread.
class SqliteReader final : public SqliteReads<JournalReader> {
public:
    /// Fails with `not_found` where there is no journal in `folder`.
    static Result<std::unique_ptr<SqliteReader>> open(const std::filesystem::path& folder);

    Result<void> begin_snapshot() override;
    void end_snapshot() override;

private:
    explicit SqliteReader(Database database) : SqliteReads(std::move(database)) {}
};

}  // namespace stepwell::journal
