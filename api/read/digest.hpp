// A digest: what the answers need to know of one run's history, small enough to keep many of them.
// A Map of ten thousand items is a line a state here, not ten thousand.
//
// A digest of a run that has ended never changes, so it may be kept for as long as the run stays
// ended with the same moment.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/read/data_tally.hpp"
#include "api/read/state_tracker.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::api::answers {

/// Rows that data tasks counted, by kind of task ("validate") and by name ("read", "rejected").
using RowCounts = std::map<std::string, std::map<std::string, std::int64_t>>;

/// All entries of one state in one run, taken together.
struct StateDigest {
    std::string name;  // unique in a workflow
    std::string path;  // "Each month/Validate"
    std::string kind;
    std::string resource;  // of a Task
    std::uint32_t entered = 0;
    std::map<std::string, std::uint32_t> outcomes;  // "succeeded", "caught", ... to how often
    std::uint32_t retries = 0;
    std::uint32_t results = 0;        // result envelopes
    DataTally data;                   // what they said
    std::vector<Duration> successes;  // durations of entries that succeeded; at most kSamplesMax
    Duration busy{};                  // of all entries that have ended
    Timestamp first_entered;
    std::optional<Timestamp> ended_at;  // of the last one; nothing while one goes on

    /// The most severe of them, in the order failed, running, caught, aborted, succeeded.
    [[nodiscard]] std::string outcome() const;
    static constexpr std::size_t kSamplesMax = 64;
};

/// One state that failed for a reason of its own: not the Map around it, nor the Fail state that a
/// Catch led to.
struct LeafFailure {
    std::string name;
    std::string path;
    std::string place;  // "Each month[3] / Validate"
    std::string kind;
    std::string resource;
    /// From the outermost: in which iteration or branch of which state.
    std::vector<std::pair<std::string, std::uint32_t>> items;
    std::uint32_t tries = 1;  // how often it was tried: the last one counts
    std::string error;
    std::string cause;  // whole for the first of a run, else shortened
    EventId event{};    // at which it failed for good
    Timestamp at;
    TaskToken token;  // of the try; attempt 0: it is no task, there is no log
    bool is_caught = false;
    /// The Fail state that a Catch led to and that ended the run (or the iteration) in its place.
    std::string ended_by;
};

/// What a run is doing.
struct OpenState {
    std::string place;
    std::string path;
    std::string kind;
    Timestamp entered_at;
    std::optional<Timestamp> due;  // it waits until then
    std::uint32_t retries = 0;
};

struct RunDigest {
    runtime::ExecutionSummary summary;
    std::vector<StateDigest> states;  // in the order in which they were first entered
    /// Why the run failed: the first ones by event, at most kFailuresMax. Empty unless it failed or
    /// timed out.
    std::vector<LeafFailure> failures;
    std::size_t failure_count = 0;
    std::map<std::string, std::size_t> failures_by_error;
    /// What failed and was caught, in a run that went on: the first kFailuresMax.
    std::vector<LeafFailure> caught;
    std::size_t caught_count = 0;
    std::vector<OpenState> open;        // the first kOpenMax
    std::vector<std::string> children;  // ARNs of the runs that it started, at most kChildrenMax
    RowCounts rows;
    std::vector<std::string> task_kinds;  // keys of `rows`, in the order in which they were met
    std::size_t events = 0;               // of its history

    static constexpr std::size_t kFailuresMax = 100;
    static constexpr std::size_t kOpenMax = 10;
    static constexpr std::size_t kChildrenMax = 1'000;
    [[nodiscard]] const StateDigest* find(std::string_view path) const;
    /// Roughly what it takes in memory.
    [[nodiscard]] std::size_t bytes() const;
};

/// Folds a whole history.
RunDigest digest_of(runtime::ExecutionSummary summary, const std::vector<core::Event>& events);

/// The reasons of its own for which `rows` failed: of a run that failed, by event. Pure.
std::vector<LeafFailure> leaf_failures(const std::vector<StateRow>& rows, ExecutionId run);
/// What was caught on the way, by event, and is not among the reasons for its end.
std::vector<LeafFailure> caught_failures(const std::vector<StateRow>& rows, ExecutionId run);

/// {"read", "rejected"} and {"by_task": {KIND: {...}}}. The same rows are read by one task after
/// the other: `read` counts those of the kind of task that read most, `rejected` those of all.
Json rows_view(const RunDigest& digest);

}  // namespace stepwell::api::answers
