#include "engine/runtime/redrive.hpp"

#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

/// A history that is so near to its limit has no room for a step.
constexpr std::uint64_t kEventsSpare = 10;

}  // namespace

std::string redrive_refusal(const RedriveCase& about, const RedrivePolicy& policy, Timestamp now) {
    const bool has_failed =
        about.status != core::Status::running && about.status != core::Status::succeeded;
    if (!has_failed) {
        return std::string("Execution is ") + core::name_of(about.status) +
               " and cannot be redriven";
    }
    if (about.is_workflow_deleted) return "State machine is in DELETING status.";
    if (about.events + kEventsSpare > policy.events_max) {
        return "Execution history event limit exceeded.";
    }
    if (now - about.started_at > policy.age_max) {
        return "Execution has exceeded the max execution time.";
    }
    if (now - about.stopped_at.value_or(now) > policy.period) {
        return "Execution redrivable period exceeded.";
    }
    return {};
}

Result<RebuiltPtr> rebuild(journal::JournalReader& journal,
                           const journal::ExecutionRecord& record) {
    auto rebuilt =
        std::make_shared<Rebuilt>(Rebuilt{record.last_chunk, core::Rebuilding(record.id)});
    for (const journal::ChunkId chunk : SW_TRY(chunks_after(journal, record, 0))) {
        rebuilt->state.take(SW_TRY(events_of(journal, chunk)));
    }
    return RebuiltPtr(std::move(rebuilt));
}

}  // namespace stepwell::runtime
