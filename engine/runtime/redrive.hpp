// Which executions may be redriven, and what they are rebuilt from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/core/redrive.hpp"
#include "engine/journal/journal.hpp"

namespace stepwell::runtime {

struct RedrivePolicy {
    Duration period = std::chrono::hours(24 * 14);    // after the end
    Duration age_max = std::chrono::hours(24 * 365);  // after the start
    std::uint64_t events_max = 1'000'000;  // as Limits::events_max: a full history cannot go on
};

/// What decides whether an execution may be redriven.
struct RedriveCase {
    core::Status status = core::Status::running;
    bool is_workflow_deleted = false;
    std::uint64_t events = 0;
    Timestamp started_at;
    std::optional<Timestamp> stopped_at;
};

/// Why it may not, in AWS's words; empty: it may.
std::string redrive_refusal(const RedriveCase& about, const RedrivePolicy& policy, Timestamp now);

/// A closed execution, folded from its history up to a chunk.
struct Rebuilt {
    journal::ChunkId last_chunk{};
    core::Rebuilding state;
};
using RebuiltPtr = std::shared_ptr<const Rebuilt>;

Result<RebuiltPtr> rebuild(journal::JournalReader& journal, const journal::ExecutionRecord& record);

}  // namespace stepwell::runtime
