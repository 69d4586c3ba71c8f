// What the journal can be asked for: the conditions and the answers that are no rows of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/journal/records.hpp"

namespace stepwell::journal {

/// Which executions to list: newest first, unless it says otherwise.
struct ExecutionQuery {
    std::optional<WorkflowId> workflow;
    std::optional<VersionId> version;  // filters; the workflow should be given too
    std::optional<core::Status> status;
    std::optional<ExecutionId> before;  // only older ones
    std::size_t limit = 100;
    std::optional<bool> is_redriven = {};
    bool is_oldest_first = false;            // then `before` bounds the last one
    std::optional<ExecutionId> parent = {};  // only those that it has started
    std::optional<ExecutionId> after = {};   // with a parent: only younger ones
};

/// Which closed executions to list: oldest first.
struct ClosedQuery {
    ExecutionId after{};  // only younger ones
    std::optional<WorkflowId> workflow;
    bool only_succeeded = false;
    std::size_t limit = 1'000;
};

struct JournalSize {
    std::uint64_t bytes_used = 0;  // of the file: the rest is free for new rows
    std::uint64_t bytes_of_file = 0;
};

/// Which claims of a source to list: newest first, by the order in which they were made.
struct ClaimQuery {
    std::string source;
    std::optional<std::int64_t> before;  // `row` of the last one seen
    std::size_t limit = 100;
};
/// Which claims of a source may be old enough to be forgotten: oldest first.
struct OldClaimQuery {
    std::string source;
    std::size_t newest = 0;  // as many of the newest ones are left out
    std::int64_t after = 0;  // `row` of the last one seen
    std::size_t limit = 1'000;
};
struct OldClaim {
    std::int64_t row = 0;
    Timestamp at;
    bool has_execution = false;  // what it started is still there
};
struct ListedClaim {
    std::int64_t row = 0;
    ClaimRecord record;
};

}  // namespace stepwell::journal
