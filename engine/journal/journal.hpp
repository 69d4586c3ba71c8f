// The journal: the only durable truth about workflows and executions. Everything else is derived.
//
// Invariants that every implementation keeps, and tests/journal/journal_contract.hpp checks:
//   (1) A batch is committed whole or not at all, also across a crash.
//   (2) What commit() acknowledged is on stable storage, and every later read returns it.
//   (3) The chunks of an execution form one linked list, oldest first.
//   (4) An execution has an open row exactly while it runs; records only while it has an open row.
//   (5) A run row is only there while its execution is closed. What a run failed for is kept, as
//       recovered, when it is reopened. Counts are those of the executions that there are.
//   (6) An attempt waits for the end of open executions only.
//   (7) Nothing is committed under a lease that is not the newest.
//
// Thread safety: none; the engine owns its journal, and each thread that reads owns a reader.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/journal/queries.hpp"
#include "engine/journal/records.hpp"

namespace stepwell::journal {

/// The reading half. Where something is not there, the result is empty, not an error.
class JournalReader {
public:
    virtual ~JournalReader() = default;
    virtual Result<std::vector<WorkflowRecord>> workflows() = 0;  // by name; not deleted
    virtual Result<std::optional<WorkflowRecord>> workflow_named(std::string_view name) = 0;
    /// All that ever had the name, newest first: a deleted one frees it.
    virtual Result<std::vector<WorkflowRecord>> workflows_named(std::string_view name) = 0;
    /// Also a deleted one.
    virtual Result<std::optional<WorkflowRecord>> workflow(WorkflowId id) = 0;
    virtual Result<std::optional<VersionRecord>> version(VersionId id) = 0;
    /// Newest first, those with a smaller number than `before`.
    virtual Result<std::vector<VersionRecord>> versions(WorkflowId id, std::uint32_t before,
                                                        std::size_t limit) = 0;
    /// The newest version.
    virtual Result<std::optional<VersionRecord>> latest_version(WorkflowId id) = 0;
    virtual Result<std::optional<ExecutionRecord>> execution(ExecutionId id) = 0;
    /// By a name that a user gave; generated names are never found here.
    virtual Result<std::optional<ExecutionRecord>> execution_named(WorkflowId workflow,
                                                                   std::string_view name) = 0;
    virtual Result<std::vector<ExecutionRecord>> executions(const ExecutionQuery& query) = 0;
    /// Of those that have not ended the one that began first.
    virtual Result<std::optional<ExecutionRecord>> oldest_open() = 0;
    /// The greatest id that was ever given away, also to one that was removed; 0: none was.
    virtual Result<ExecutionId> newest_id() = 0;
    virtual Result<std::vector<ExecutionRecord>> closed_executions(const ClosedQuery& query) = 0;
    /// How many have ended; of one workflow, or of all. Costs a walk over an index.
    virtual Result<std::uint64_t> count_closed(std::optional<WorkflowId> workflow) = 0;
    virtual Result<JournalSize> size() = 0;
    virtual Result<std::optional<ChunkRecord>> chunk(ChunkId id) = 0;
    /// As chunk(), with empty bytes: for walking along a history. `size` is that of the bytes.
    virtual Result<std::optional<ChunkRecord>> chunk_link(ChunkId id) = 0;
    /// The first mark in the execution's history that has more than `events` before it. There is
    /// none near its end, nor in what an older Stepwell wrote.
    virtual Result<std::optional<HistoryMark>> mark_after(ExecutionId execution,
                                                          std::uint64_t events) = 0;
    /// Chunks of all executions with greater ids, in the order in which they were committed.
    virtual Result<std::vector<ChunkRecord>> chunks_after(ChunkId after, std::size_t limit) = 0;
    /// kNoChunk where there is none.
    virtual Result<ChunkId> newest_chunk() = 0;
    virtual Result<std::optional<std::string>> document(std::string_view collection,
                                                        std::string_view key) = 0;
    /// By key, those after `after`.
    virtual Result<std::vector<DocumentRecord>> documents(std::string_view collection,
                                                          std::string_view after,
                                                          std::size_t limit) = 0;
    virtual Result<std::optional<ClaimRecord>> claim(std::string_view source,
                                                     std::string_view key) = 0;
    virtual Result<std::vector<ListedClaim>> claims(const ClaimQuery& query) = 0;
    virtual Result<std::vector<OldClaim>> old_claims(const OldClaimQuery& query) = 0;
    /// Sources with claims, by name, those after `after`.
    virtual Result<std::vector<std::string>> claim_sources(std::string_view after,
                                                           std::size_t limit) = 0;
    /// What started this execution; most were started by a request and have none.
    virtual Result<std::vector<ClaimRecord>> claims_of(ExecutionId execution) = 0;
    /// The rows of those that have one, in no order. REQUIRES: at most 1,000 ids.
    virtual Result<std::vector<RunRow>> run_rows(const std::vector<ExecutionId>& ids) = 0;
    /// Open ones that do nothing but wait for a time, the oldest first; without those that are put
    /// aside. Looks at `limit` open executions, and says whether these were all.
    struct WaitingRuns {
        std::vector<ExecutionId> runs;
        bool are_all = true;
    };
    virtual Result<WaitingRuns> waiting_runs(std::size_t limit) = 0;
    /// Rows that are not folded yet, without failures and details; newest first.
    virtual Result<std::vector<RunRow>> unfolded_rows(std::size_t limit) = 0;
    /// Closed executions from this id on have their rows; an older Stepwell wrote those before.
    virtual Result<ExecutionId> rows_from() = 0;
    virtual Result<std::vector<RunCount>> run_counts(const RunCountQuery& query) = 0;
    virtual Result<std::vector<FailureCount>> failure_counts(const FailureCountQuery& query) = 0;
    virtual Result<std::vector<ListedFailure>> failures(const FailureQuery& query) = 0;
    /// Newest first, those with smaller ids than `before` whose run caught a failure.
    virtual Result<std::vector<ExecutionId>> caught_runs(ExecutionId before, std::size_t limit) = 0;
    /// A random number, drawn when the journal was made: keys generated names.
    virtual std::uint64_t secret() = 0;

    /// From the first question after this until end_snapshot(), all answers are of one moment: what
    /// is committed meanwhile is in none of them. Of a journal that does nothing here, each answer
    /// is of its own moment. REQUIRES: none has begun.
    virtual Result<void> begin_snapshot() { return {}; }
    virtual void end_snapshot() {}
};

/// What recovery looks at of every open execution.
struct OpenSummary {
    ExecutionId id{};
    std::optional<Timestamp> due;
    bool has_tasks = false;
    bool is_quarantined = false;
};

/// Told the execution, and the name that it was given; "": a generated one.
using VisitBegun = std::function<void(ExecutionId, const std::string& name)>;

/// An open execution as it was last committed.
struct StoredExecution {
    ExecutionRecord record;
    OpenRecord open;
    std::vector<core::Record> records;  // by key
};

class Journal : public JournalReader {
public:
    /// The one that opening it took; older ones have ended with it.
    [[nodiscard]] virtual Lease lease() const = 0;

    /// Carries out the batch's operations in their order. On return they are on stable storage.
    ///
    /// CommitError::kind says what a failure means. After `fenced` and `unknown` every later commit
    /// fails in the same way; after the others the journal is as before, and goes on.
    virtual Result<void, CommitError> commit(const Batch& batch, const Lease& lease) = 0;

    virtual Result<Counters> counters() = 0;
    /// Calls `visit` for each open execution, by id. Reads no blobs.
    virtual Result<void> scan_open(const std::function<void(const OpenSummary&)>& visit) = 0;
    /// Calls `visit` for each open execution that has begun to work, of all workflows that have
    /// or had this name, by id.
    virtual Result<void> scan_begun(std::string_view workflow_name, const VisitBegun& visit) = 0;
    /// Empty where it is not open.
    virtual Result<std::optional<StoredExecution>> load(ExecutionId id) = 0;

    /// The open execution for whose end this attempt waits.
    virtual Result<std::optional<ExecutionId>> awaited_by(const TaskToken& attempt) = 0;
    /// The open executions for whose ends attempts of this one wait.
    virtual Result<std::vector<Wait>> waits_of(ExecutionId parent) = 0;
    /// The attempts that wait for the end of an open execution.
    virtual Result<std::vector<TaskToken>> waiting_for(ExecutionId child) = 0;

    /// Whether ended executions have left something that a Sweep would remove.
    virtual Result<bool> has_leftovers() = 0;

    /// Bytes that the disk still takes; the maximum where that is not known.
    virtual std::uint64_t free_bytes() = 0;
};

}  // namespace stepwell::journal
