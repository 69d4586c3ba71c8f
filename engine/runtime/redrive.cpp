#include "engine/runtime/redrive.hpp"

#include <exception>
#include <string>

#include "engine/base/assert.hpp"
#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

/// A history that is so near to its limit has no room for a step.
constexpr std::uint64_t kEventsSpare = 10;

/// What was damaged on the disk may be read well and contradict itself: that ends no process.
Result<void> take_safely(core::Rebuilding& state, const std::vector<core::Event>& events) {
    std::string why;
    try {
        const AssertionGuard guard;
        state.take(events);
        return {};
    } catch (const AssertionFailure& failure) {
        why = failure.text;
    } catch (const std::exception& e) {
        why = e.what();
    }
    return fail(ErrorCode::corruption,
                "expected a history whose events follow from each other, but they do not: " + why);
}

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
    for (const journal::ChunkId chunk : SW_TRY(chunks_of(journal, record))) {
        auto taken = take_safely(rebuilt->state, SW_TRY(events_of(journal, chunk)));
        if (!taken) {
            return fail(std::move(taken).error().within("history chunk " +
                                                        std::to_string(value_of(chunk))));
        }
    }
    return RebuiltPtr(std::move(rebuilt));
}

}  // namespace stepwell::runtime
