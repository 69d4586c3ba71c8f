// What there is and what happened, for people and programs: reads past the engine, from the
// journal.
//
// Threads: a Reader belongs to one thread at a time; open one for each that reads. It sees what is
// durable, whether a daemon runs or not.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/core/event.hpp"
#include "engine/core/map_run.hpp"
#include "engine/journal/journal.hpp"
#include "engine/runtime/redrive.hpp"

namespace stepwell::runtime {

struct ExecutionSummary {
    ExecutionId id{};
    std::string arn;
    std::string name;
    std::string workflow_name;
    std::string workflow_arn;
    VersionId version{};
    core::Status status = core::Status::running;
    Timestamp started_at;
    std::optional<Timestamp> stopped_at;
    std::string error;      // may be empty
    std::string origin;     // what started it; empty where an older Stepwell did
    std::string principal;  // who asked for it; empty where nobody did
    /// Another one whenever the history has grown: what was derived from it may be kept by this.
    std::uint64_t revision = 0;
    bool is_express = false;
    std::uint32_t redrives = 0;
    std::optional<Timestamp> redriven_at;  // the last time
    std::optional<ExecutionId> parent;     // has started it; it may be gone by now
};

struct ExecutionDescription {
    ExecutionSummary summary;
    Payload input;
    std::optional<Payload> output;  // iff succeeded
    std::optional<std::string> error;
    std::optional<std::string> cause;
    std::string version_arn;  // empty unless it was started through one
    std::string alias_arn;
    std::uint64_t events = 0;  // of its history; 0 where it runs
    bool is_workflow_deleted = false;
};

/// What redrive_refusal() wants to know of it.
RedriveCase redrive_case(const ExecutionDescription& description);

struct WorkflowDescription {
    journal::WorkflowRecord workflow;
    journal::VersionRecord version;
};

template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next;  // opaque; only for the same query
};

struct ListQuery {
    std::optional<std::string> workflow;  // name
    std::optional<VersionId> version;
    std::optional<core::Status> status;
    std::size_t limit = 100;
    std::optional<std::string> token;
    std::optional<bool> is_redriven = {};
};

/// Which runs: all conditions at once. What is empty or absent asks nothing. In a pattern `*`
/// stands for any characters and `?` for one; what has neither is meant as it stands.
struct RunQuery {
    std::vector<std::string> workflows;      // one of them: names or patterns
    std::optional<std::uint32_t> version;    // its number; only with one workflow, by its name
    std::vector<core::Status> statuses;      // one of them
    std::vector<std::string> origins;        // one of them
    std::optional<ExecutionId> parent;       // has started it
    std::optional<std::string> trigger;      // the schedule, file trigger or webhook, by its id
    std::optional<std::string> name;         // or a pattern
    std::optional<std::string> error;        // it has one: this, or a pattern
    std::optional<std::string> text;         // in its name, or in what it failed for and where; in
                                             // capitals or not
    std::optional<Timestamp> started_from;   // at or after
    std::optional<Timestamp> started_until;  // before
    std::optional<Duration> duration_from;   // it ended, and took at least that long
    std::optional<Duration> duration_until;  // it ended, and took less
    bool has_caught = false;                 // it ended, and had caught a failure
    std::optional<std::vector<ExecutionId>> among;  // one of them
    /// It goes on, and was started before what is said here of its workflow.
    std::optional<std::map<std::string, Timestamp>> late_before;
    std::size_t budget = 20'000;  // what a page may cost, in runs that are looked at
    std::size_t limit = 50;
    std::optional<std::string> token;
};

/// How many runs fit a RunQuery, by the minute in which they were started.
struct RunTally {
    struct Part {
        Timestamp minute;
        core::Status status = core::Status::running;
        std::uint64_t count = 0;
    };
    std::vector<Part> parts;  // in no order; a minute may come twice
    std::uint64_t count = 0;  // of all parts
    /// Nothing: of all. Else only those were looked at that were started then or later.
    std::optional<Timestamp> counted_from;
};

/// Which counts of runs by the minute of their start.
struct CountQuery {
    std::optional<std::string> workflow;  // name
    std::optional<core::Status> status;
    std::optional<Timestamp> from;   // minutes that begin then or later
    std::optional<Timestamp> until;  // and before then
};
struct RunCount {
    std::string workflow;  // a deleted one, too
    core::Status status = core::Status::running;
    Timestamp minute;
    std::uint64_t count = 0;
};

struct HistoryQuery {
    bool is_reversed = false;
    bool include_data = true;
    std::size_t limit = 100;
    std::optional<std::string> token;
    std::size_t bytes_max = 0;  // of a page, as JSON; 0: any number. One event is always there.
    bool has_lines = false;     // with a member "line": the event as a trace shows it
};

/// A piece of the feed: events of one execution that became durable together. Pieces are numbered
/// over all executions, in the order in which they became durable.
struct FeedChunk {
    std::uint64_t number = 0;
    ExecutionId execution{};  // 0: not known, an older Stepwell wrote it; then there are no events
    std::vector<core::Event> events;
    std::optional<Error> damage;  // why there are none: what is stored cannot be read
};

/// One moment of the journal: what its reader reads while it lives is all of it.
class Moment {
public:
    /// The number of the last piece of the feed that is in it; 0: none is.
    [[nodiscard]] std::uint64_t feed_end() const { return feed_end_; }

private:
    friend class Reader;
    struct End {
        void operator()(journal::JournalReader* journal) const { journal->end_snapshot(); }
    };
    explicit Moment(journal::JournalReader& journal) : journal_(&journal) {}
    std::unique_ptr<journal::JournalReader, End> journal_;
    std::uint64_t feed_end_ = 0;
};

class Reader {
public:
    /// Over the journal in SQLite (open_reader.cpp). Fails with `not_found` where `folder` is no
    /// data folder.
    static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& folder);
    /// REQUIRES: `journal` outlives the reader.
    explicit Reader(journal::JournalReader& journal);
    explicit Reader(std::unique_ptr<journal::JournalReader> journal);
    ~Reader();

    /// Stays at the present moment of the journal as long as the Moment lives, which must not be
    /// long: the journal keeps what it holds. REQUIRES: none is held; the reader outlives it.
    Result<Moment> hold();

    /// By ARN, by the number that users see, by a generated name, or by "WORKFLOW/NAME".
    /// Fails with `not_found`.
    Result<ExecutionId> find(std::string_view text);
    /// Whether find() finds nothing because what `text` names was removed: it was a number or a
    /// generated name of one that was there. Names that users gave are not remembered.
    Result<bool> was_removed(std::string_view text);
    /// When the oldest of those that have not ended began.
    Result<std::optional<Timestamp>> oldest_open();
    Result<journal::JournalSize> size();
    Result<ExecutionDescription> describe(ExecutionId id);
    /// The ARNs of the version and the alias that it was started through; empty: through none.
    struct Through {
        std::string version_arn;
        std::string alias_arn;
    };
    Result<Through> started_through(ExecutionId id);
    /// For RedriveRequest::rebuilt: costs its whole history.
    Result<RebuiltPtr> rebuild(ExecutionId id);
    /// Newest first. Fails with `not_found` for an unknown workflow, `invalid` for a token that is
    /// not of this query.
    Result<Page<ExecutionSummary>> list(const ListQuery& query);
    /// As list(), for people's questions. Looks at `budget` executions at most: a page may be
    /// short, or empty, and still have a next one. Fails with `invalid` also for a version without
    /// one workflow.
    Result<Page<ExecutionSummary>> search(const RunQuery& query);
    /// How many runs fit. Over all of them where only workflows, statuses and a span are asked for;
    /// else it looks at `budget` executions at most, and says how far it came. `limit` and `token`
    /// mean nothing. Fails as search() does.
    Result<RunTally> tally(const RunQuery& query);
    /// Events as GetExecutionHistory shows them. Fails with `not_found`, `invalid` (the token).
    Result<Page<Json>> history(ExecutionId id, const HistoryQuery& query);
    /// All events, internal ones too, oldest first: for traces.
    Result<std::vector<core::Event>> events(ExecutionId id);

    Result<ExecutionSummary> summary(ExecutionId id);

    // Run rows and counts: see engine/journal/run_rows.hpp.
    /// Nothing where it has none: it goes on, it was plain, or is_folded() says that some are
    /// missing.
    Result<std::optional<journal::RunRow>> run_row(ExecutionId id);
    /// Whether all runs that have ended have their rows.
    Result<bool> is_folded();
    Result<std::vector<RunCount>> run_counts(const CountQuery& query);
    /// Runs of a workflow that go on and were started before `until`.
    Result<std::uint64_t> count_running(const std::string& workflow, Timestamp until);
    /// Those that go on, the oldest first.
    Result<std::vector<ExecutionSummary>> oldest_running(const std::string& workflow,
                                                         std::size_t limit);
    /// Runs that go on and do nothing but wait for a time; looks at `limit` that go on.
    struct WaitingRuns {
        std::vector<ExecutionSummary> runs;
        bool are_all = true;
    };
    Result<WaitingRuns> waiting_runs(std::size_t limit);
    Result<std::vector<journal::FailureCount>> failure_counts(
        const std::optional<std::string>& workflow, Timestamp from, Timestamp until,
        Duration interval);
    Result<std::vector<journal::ListedFailure>> failures(const journal::FailureQuery& query);
    /// Runs of a workflow that have ended, started after run `after`: the oldest first.
    Result<std::vector<ExecutionSummary>> closed_after(const std::string& workflow,
                                                       ExecutionId after, bool only_succeeded,
                                                       std::size_t limit);
    /// The newest run before this one that succeeded, however long ago.
    Result<std::optional<ExecutionSummary>> success_before(const ExecutionSummary& run);

    /// The pieces with greater numbers, of all executions. Numbers that are missing were removed.
    /// One that is damaged says so, and the others are told all the same.
    Result<std::vector<FeedChunk>> feed(std::uint64_t after, std::size_t limit);
    /// The greatest number that there is; 0: there is none.
    Result<std::uint64_t> feed_end();
    /// The numbers of one execution's pieces that are greater, in order.
    Result<std::vector<std::uint64_t>> feed_of(ExecutionId id, std::uint64_t after);
    /// One piece. REQUIRES: feed_of(id) named it.
    Result<FeedChunk> feed_chunk(ExecutionId id, std::uint64_t number);

    Result<std::vector<WorkflowDescription>> workflows();  // newest versions, by name
    /// The newest version. By name or ARN.
    Result<WorkflowDescription> workflow(std::string_view name_or_arn);
    Result<std::optional<std::string>> document(std::string_view collection, std::string_view key);
    /// By key, those after `after`.
    Result<std::vector<journal::DocumentRecord>> documents(std::string_view collection,
                                                           std::string_view after,
                                                           std::size_t limit);
    Result<std::optional<journal::ClaimRecord>> claim(std::string_view source,
                                                      std::string_view key);
    Result<std::vector<journal::ListedClaim>> claims(const journal::ClaimQuery& query);
    Result<std::vector<journal::ClaimRecord>> claims_of(ExecutionId id);

    /// Of an execution, oldest first, those after the one with the key `after`.
    Result<std::vector<core::MapRun>> map_runs(ExecutionId id, const std::string& after,
                                               std::size_t limit);
    /// By ARN. Nothing where there is none, or its execution was removed.
    Result<std::optional<core::MapRun>> map_run(std::string_view arn);
    /// That has started this execution, where one has.
    Result<std::optional<core::MapRun>> map_run_of(ExecutionId id);
    /// What a Map Run has started: newest first. Fails with `invalid` for a token that is not of
    /// this query.
    Result<Page<ExecutionSummary>> executions_of(const core::MapRun& run, const ListQuery& query);

    /// All versions, newest first. Fails with `not_found`, `invalid` (the token).
    Result<Page<WorkflowDescription>> versions(const std::string& workflow, std::size_t limit,
                                               const std::optional<std::string>& token);
    /// Fails with `not_found`.
    Result<WorkflowDescription> version(const std::string& workflow, std::uint32_t number);
    /// What an execution was started with.
    Result<WorkflowDescription> workflow_of(ExecutionId id);
    /// The number of a version that an execution has.
    Result<std::uint32_t> version_number(VersionId id);

private:
    class Impl;
    Result<journal::ExecutionRecord> record_of(ExecutionId id);
    Result<ExecutionSummary> summary_of(const journal::ExecutionRecord& record);
    Result<journal::WorkflowRecord> workflow_record(const std::string& name);
    Result<journal::WorkflowRecord> workflow_record(WorkflowId id);
    journal::JournalReader& rows();
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::runtime
