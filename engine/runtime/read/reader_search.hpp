// The search behind Reader::search and Reader::tally.
#pragma once

#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "engine/runtime/names.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::runtime {

struct FoundRows {
    std::vector<journal::ExecutionRecord> rows;
    std::optional<std::uint64_t> next;  // go on with those that are older than this one
};

/// A question about runs, looked up in the journal.
class RunSearch {
public:
    /// Fails with `not_found` for a workflow or a version that is not there, with `invalid` for a
    /// version without one workflow. REQUIRES: what is referred to outlives it.
    static Result<RunSearch> make(journal::JournalReader& journal, const ExecutionNames& names,
                                  RunQuery query);

    /// Newest first, at most `limit`; those that are older than `before`.
    [[nodiscard]] Result<FoundRows> page(std::optional<ExecutionId> before) const;
    [[nodiscard]] Result<RunTally> tally() const;

private:
    /// False: no more.
    using Visit = std::function<bool(const journal::ExecutionRecord&)>;
    /// How far a walk came.
    struct Walk {
        std::size_t spent = 0;
        Timestamp started_at = Timestamp::max();  // the earliest of those looked at
        /// The last one looked at; absent where there is nothing more.
        std::optional<ExecutionId> next;
    };
    /// The next ones that may fit, newest first.
    struct Candidates {
        std::vector<journal::ExecutionRecord> rows;
        std::optional<ExecutionId> next;  // absent: there are no more
    };

    RunSearch(journal::JournalReader& journal, const ExecutionNames& names, RunQuery query)
        : journal_(&journal), names_(&names), query_(std::move(query)) {}
    Result<void> find_workflows();
    Result<void> find_version();
    Result<void> find_late();
    Result<void> find_named();
    void choose(std::vector<ExecutionId> ids);
    void narrow();
    Result<Walk> walk(std::optional<ExecutionId> before, const Visit& visit) const;
    Result<bool> look_at(const std::vector<journal::ExecutionRecord>& rows, const Visit& visit,
                         Walk& walk) const;
    Result<Candidates> candidates(std::optional<ExecutionId> before, std::size_t count) const;
    [[nodiscard]] bool may_pass_over() const;
    Result<std::optional<ExecutionId>> pass_over(ExecutionId next, Timestamp started_at) const;
    Result<Candidates> chosen_before(std::optional<ExecutionId> before) const;
    [[nodiscard]] Result<std::vector<ExecutionId>> ids_before(
        std::optional<ExecutionId> before) const;
    [[nodiscard]] std::size_t rows_at_once() const;
    [[nodiscard]] bool asks_for_items() const;
    [[nodiscard]] bool fits(const journal::ExecutionRecord& row) const;
    [[nodiscard]] bool is_late(const journal::ExecutionRecord& row) const;
    [[nodiscard]] bool fits_times(const journal::ExecutionRecord& row) const;
    [[nodiscard]] bool fits_name(const journal::ExecutionRecord& row) const;
    [[nodiscard]] std::string name_of(const journal::ExecutionRecord& row) const;
    /// What needs more than the row; adds what that costs.
    Result<bool> fits_further(const journal::ExecutionRecord& row, std::size_t& spent) const;
    Result<bool> is_of_trigger(const journal::ExecutionRecord& row) const;
    Result<bool> has_caught(const journal::ExecutionRecord& row) const;
    Result<bool> has_text(const journal::ExecutionRecord& row, std::size_t& spent) const;

    /// Whether the counts by minute can tell.
    [[nodiscard]] bool is_counted() const;
    Result<void> add_counts(Timestamp from, Timestamp until, RunTally& tally) const;
    Result<void> add_walked(std::optional<Timestamp> from, std::optional<Timestamp> until,
                            RunTally& tally) const;

    journal::JournalReader* journal_;
    const ExecutionNames* names_;
    RunQuery query_;
    std::optional<std::unordered_set<WorkflowId>> workflows_;  // nothing: all
    std::unordered_map<WorkflowId, Timestamp> late_before_;
    std::optional<VersionId> version_;
    std::optional<std::vector<ExecutionId>> chosen_;  // only these, newest first
    std::vector<journal::ExecutionQuery> sources_;    // each walks one index
};

/// The least number such that no execution from it on was started before `until`.
Result<ExecutionId> first_started_at(journal::JournalReader& journal, Timestamp until);

/// The same query gives the same text: what a token is sealed with.
std::string search_text_of(const RunQuery& query);

}  // namespace stepwell::runtime
