// Run rows: what lists, home, failures and trends show of a run that has ended, folded out of its
// history once, and written in the transaction that ends it.
//
// A run that went through without a failure, a task or a wait has none: its execution says it all.
// Counts of runs by workflow, status and the minute of their start are kept beside them, for every
// run; so figures over a million of runs cost what there are minutes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/core/delta.hpp"

namespace stepwell::journal {

enum class ChunkId : std::uint64_t;

/// One reason for which a run failed: the state where it began, not the Map around it.
struct RunFailure {
    std::string fingerprint;  // the same for failures that are alike; unique within a run
    std::string state;
    std::string path;     // "Each month/Validate"
    std::string error;    // may be empty
    std::string cause;    // without what varies
    std::string message;  // as it was said
    /// The run was redriven since: it is no reason for how it ended.
    bool is_recovered = false;
};

struct RunRow {
    ExecutionId id{};
    WorkflowId workflow{};
    Timestamp started_at;
    ChunkId revision{};     // the last chunk of the history that it was folded from
    bool is_folded = true;  // false: the history was too long; somebody has yet to do it
    std::uint32_t caught = 0;
    std::optional<std::int64_t> rows_read;
    std::optional<std::int64_t> rows_rejected;
    Duration queued{};  // of its tasks, together: from when they could begin until they did
    std::vector<RunFailure> failures;
    std::string details;  // JSON text, the folder's own: its states and their durations
};

/// Which counts: of one workflow, or of all; of minutes that begin in a span.
struct RunCountQuery {
    std::optional<WorkflowId> workflow;
    std::optional<core::Status> status;
    std::optional<Timestamp> from;   // inclusive
    std::optional<Timestamp> until;  // exclusive
    /// Only the newest minute in which there are any. REQUIRES: workflow and status are given.
    bool is_newest_only = false;
};
struct RunCount {
    WorkflowId workflow{};
    core::Status status = core::Status::running;
    Timestamp minute;  // at which it begins
    std::uint64_t count = 0;
};

/// Failures of runs that started in a span, counted by fingerprint and interval.
struct FailureCountQuery {
    std::optional<WorkflowId> workflow;
    Timestamp from;   // inclusive
    Timestamp until;  // exclusive
    Duration interval{60'000};
};
struct FailureCount {
    std::string fingerprint;
    WorkflowId workflow{};
    std::uint64_t interval = 0;  // from 0
    std::uint64_t count = 0;     // of runs
    Timestamp first_at;          // when those runs started
    Timestamp last_at;
    ExecutionId first_run{};
    ExecutionId last_run{};
};

/// Runs that failed for one reason, newest first.
struct FailureQuery {
    std::string fingerprint;
    std::optional<ExecutionId> before;
    std::size_t limit = 10;
};
struct ListedFailure {
    ExecutionId run{};
    Timestamp started_at;
    RunFailure failure;
};

}  // namespace stepwell::journal
