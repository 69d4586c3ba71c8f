// A journal in memory, for tests: the disk outlives the journal, and a commit can be made to fail
// before or after it became durable, as a crash would.
//
// Thread safety: a MemoryDisk may be shared by journals of several threads; only one may commit.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "engine/journal/journal.hpp"

namespace stepwell::journal {

class MemoryDisk {
public:
    enum class Cut { before_durable, after_durable };

    /// The commit number `commit` from now on (1: the next) fails; every later one too, until
    /// repair().
    void crash_at(std::uint64_t commit, Cut cut);
    void repair();
    /// From now on commits find the disk busy, until it is free again: nothing is written.
    void set_busy(bool is_busy);
    /// Batches that start an execution of this name are refused, as if it were taken.
    void refuse_name(std::string name);
    void set_free_bytes(std::uint64_t bytes);
    /// Spoils what is stored of an open execution.
    void mangle(ExecutionId id);
    /// As an older Stepwell leaves it: nothing says which attempts wait for whom.
    void forget_parents();
    /// Rows of open executions, and their records.
    [[nodiscard]] std::size_t open_rows() const;
    /// Calls of chunk_link(): steps along histories.
    [[nodiscard]] std::uint64_t links_read() const;
    /// Calls that list executions, what they gave, and calls that read the version in force of a
    /// workflow.
    [[nodiscard]] std::uint64_t lists_read() const;
    [[nodiscard]] std::uint64_t rows_listed() const;
    [[nodiscard]] std::uint64_t versions_read() const;
    /// Commits that became durable.
    [[nodiscard]] std::uint64_t commits() const;
    /// Bytes of blobs that commits have written, all in all.
    [[nodiscard]] std::uint64_t bytes_written() const;

private:
    friend class MemoryJournal;
    struct Tables {
        std::map<WorkflowId, WorkflowRecord> workflows;
        std::map<VersionId, VersionRecord> versions;
        std::map<ExecutionId, ExecutionRecord> executions;
        std::map<ExecutionId, OpenRecord> open;
        std::map<std::pair<ExecutionId, core::RecordKey>, std::string> records;
        std::set<std::pair<ExecutionId, TaskToken>> awaited;  // a child, and who waits for it
        std::map<ChunkId, ChunkRecord> history;
        std::map<std::pair<ExecutionId, std::uint64_t>, ChunkId> marks;  // by events before
        ExecutionId execution_floor{};  // ids up to it were in use once
        ChunkId chunk_floor{};
        std::map<std::pair<std::string, std::string>, std::string, std::less<>> documents;
        std::map<std::int64_t, ClaimRecord> claims;  // by row: in the order in which they were made
        std::map<std::pair<std::string, std::string>, std::int64_t> claim_rows;  // source, key
        std::int64_t claims_made = 0;
        std::map<ExecutionId, RunRow> run_rows;  // failures: in the next one
        std::map<ExecutionId, std::vector<RunFailure>> failures;
        ExecutionId rows_from{1};
    };
    /// What the operations of a batch that were looked at so far have taken and freed.
    struct Outlook;
    Result<void> check(const Batch& batch) const;
    Result<void> check(const WorkflowRecord& workflow, Outlook& outlook) const;
    Result<void> check(const VersionRecord& version, Outlook& outlook) const;
    Result<void> check(const WorkflowDeletion& deletion, Outlook& outlook) const;
    Result<void> check(const ExecutionWrite& execution, Outlook& outlook) const;
    Result<void> check(const DocumentWrite& document, Outlook& outlook) const;
    Result<void> check(const ClaimRecord& record, Outlook& outlook) const;
    Result<void> check(const Removal& removal, Outlook& outlook) const;
    Result<void> check(const RunRow& row, Outlook& outlook) const;
    Result<void> check(const RowsFrom& from, Outlook& outlook) const;
    Result<void> check(const Sweep& sweep, Outlook& outlook) const;
    void apply(const WorkflowRecord& workflow);
    void apply(const VersionRecord& version);
    void apply(const WorkflowDeletion& deletion);
    void apply(const ExecutionWrite& execution);
    void apply(const DocumentWrite& document);
    void apply(const ClaimRecord& record);
    void apply(const Removal& removal);
    void apply(const RunRow& row);
    void apply(const RowsFrom& from);
    void apply(const Sweep&) {}  // nothing is left here
    void remove_open(ExecutionId id);
    std::uint64_t raise_epoch();

    mutable std::mutex mutex_;
    Tables tables_;
    std::uint64_t commits_ = 0;
    std::uint64_t links_read_ = 0;
    std::uint64_t lists_read_ = 0;
    std::uint64_t rows_listed_ = 0;
    std::uint64_t versions_read_ = 0;
    std::uint64_t bytes_written_ = 0;
    std::uint64_t free_bytes_ = UINT64_MAX;
    std::optional<std::uint64_t> commits_until_crash_;
    Cut cut_ = Cut::before_durable;
    bool is_busy_ = false;
    std::set<std::string> refused_names_;
    std::uint64_t epoch_ = 0;
};

class MemoryJournal : public Journal {
public:
    enum class Access { writing, reading };
    /// Takes the lease, unless it is only to be read.
    explicit MemoryJournal(std::shared_ptr<MemoryDisk> disk, Access access = Access::writing);

    [[nodiscard]] Lease lease() const override { return lease_; }
    Result<void, CommitError> commit(const Batch& batch, const Lease& lease) override;
    Result<Counters> counters() override;
    Result<void> scan_open(const std::function<void(const OpenSummary&)>& visit) override;
    Result<void> scan_begun(std::string_view workflow_name, const VisitBegun& visit) override;
    Result<std::optional<StoredExecution>> load(ExecutionId id) override;
    Result<std::optional<ExecutionId>> awaited_by(const TaskToken& attempt) override;
    Result<std::vector<Wait>> waits_of(ExecutionId parent) override;
    Result<std::vector<TaskToken>> waiting_for(ExecutionId child) override;
    std::uint64_t secret() override { return 42; }
    Result<bool> has_leftovers() override { return false; }
    std::uint64_t free_bytes() override;

    Result<std::vector<WorkflowRecord>> workflows() override;
    Result<std::optional<WorkflowRecord>> workflow_named(std::string_view name) override;
    Result<std::vector<WorkflowRecord>> workflows_named(std::string_view name) override;
    Result<std::optional<WorkflowRecord>> workflow(WorkflowId id) override;
    Result<std::optional<VersionRecord>> version(VersionId id) override;
    Result<std::vector<VersionRecord>> versions(WorkflowId id, std::uint32_t before,
                                                std::size_t limit) override;
    Result<std::optional<VersionRecord>> latest_version(WorkflowId id) override;
    Result<std::optional<ExecutionRecord>> execution(ExecutionId id) override;
    Result<std::optional<ExecutionRecord>> execution_named(WorkflowId workflow,
                                                           std::string_view name) override;
    Result<std::vector<ExecutionRecord>> executions(const ExecutionQuery& query) override;
    Result<std::optional<ExecutionRecord>> oldest_open() override;
    Result<ExecutionId> newest_id() override;
    Result<std::vector<ExecutionRecord>> closed_executions(const ClosedQuery& query) override;
    Result<std::uint64_t> count_closed(std::optional<WorkflowId> workflow) override;
    Result<JournalSize> size() override;
    Result<std::optional<ChunkRecord>> chunk(ChunkId id) override;
    Result<std::optional<ChunkRecord>> chunk_link(ChunkId id) override;
    Result<std::optional<HistoryMark>> mark_after(ExecutionId execution,
                                                  std::uint64_t events) override;
    Result<std::vector<ChunkRecord>> chunks_after(ChunkId after, std::size_t limit) override;
    Result<ChunkId> newest_chunk() override;
    Result<std::optional<std::string>> document(std::string_view collection,
                                                std::string_view key) override;
    Result<std::vector<DocumentRecord>> documents(std::string_view collection,
                                                  std::string_view after,
                                                  std::size_t limit) override;
    Result<std::optional<ClaimRecord>> claim(std::string_view source,
                                             std::string_view key) override;
    Result<std::vector<ListedClaim>> claims(const ClaimQuery& query) override;
    Result<std::vector<OldClaim>> old_claims(const OldClaimQuery& query) override;
    Result<std::vector<std::string>> claim_sources(std::string_view after,
                                                   std::size_t limit) override;
    Result<std::vector<ClaimRecord>> claims_of(ExecutionId execution) override;
    Result<std::vector<RunRow>> run_rows(const std::vector<ExecutionId>& ids) override;
    Result<JournalReader::WaitingRuns> waiting_runs(std::size_t limit) override;
    Result<std::vector<RunRow>> unfolded_rows(std::size_t limit) override;
    Result<ExecutionId> rows_from() override;
    Result<std::vector<RunCount>> run_counts(const RunCountQuery& query) override;
    Result<std::vector<FailureCount>> failure_counts(const FailureCountQuery& query) override;
    Result<std::vector<ListedFailure>> failures(const FailureQuery& query) override;
    Result<std::vector<ExecutionId>> caught_runs(ExecutionId before, std::size_t limit) override;

private:
    std::shared_ptr<MemoryDisk> disk_;
    Lease lease_;
    std::optional<CommitError> failure_;
};

}  // namespace stepwell::journal
