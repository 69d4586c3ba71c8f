// The reading half of the journal on SQLite, for the engine's own connection and for readers'.
#pragma once

#include "engine/journal/journal.hpp"
#include "engine/journal/sqlite.hpp"

namespace stepwell::journal {

/// `Port` is Journal or JournalReader.
template <class Port>
class SqliteReads : public Port {
public:
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
    std::uint64_t secret() override { return secret_; }

protected:
    explicit SqliteReads(Database database) : database_(std::move(database)) {}
    Result<void> read_secret();
    Database database_;

private:
    std::uint64_t secret_ = 0;
};

extern template class SqliteReads<Journal>;
extern template class SqliteReads<JournalReader>;

}  // namespace stepwell::journal
