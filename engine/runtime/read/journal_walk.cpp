#include "engine/runtime/read/journal_walk.hpp"

#include <algorithm>

#include "engine/runtime/names.hpp"

namespace stepwell::runtime {

Result<std::vector<core::Event>> events_of(journal::JournalReader& journal, journal::ChunkId id) {
    const auto chunk = SW_TRY(journal.chunk(id));
    const std::string place = "history chunk " + std::to_string(value_of(id));
    if (!chunk)
        return fail(ErrorCode::corruption, place + ": expected it in the journal, but it is not");
    auto events = core::decode(chunk->bytes);
    if (!events) return fail(std::move(events).error().within(place));
    return events;
}

Result<std::vector<journal::ChunkId>> chunks_after(journal::JournalReader& journal,
                                                   const journal::ExecutionRecord& record,
                                                   std::uint64_t after) {
    std::vector<journal::ChunkId> chunks;
    journal::ChunkId at = record.last_chunk;
    while (at != journal::kNoChunk) {
        const auto link = SW_TRY(journal.chunk_link(at));
        if (!link) return fail(ErrorCode::corruption, "a history has lost a part of itself");
        chunks.push_back(at);
        if (link->events_before <= after && after > 0) break;
        at = link->previous;
    }
    std::reverse(chunks.begin(), chunks.end());
    return chunks;
}

Result<std::shared_ptr<const core::Facts>> facts_of(journal::JournalReader& journal,
                                                    const journal::ExecutionRecord& record) {
    const auto events = SW_TRY(events_of(journal, record.first_chunk));
    for (const core::Event& event : events) {
        if (const auto* began = std::get_if<core::ExecutionBegan>(&event.details)) {
            return began->facts;
        }
    }
    return fail(ErrorCode::corruption, "execution " + std::to_string(value_of(record.id)) +
                                           ": expected its history to begin with its start");
}

Result<Outcome> outcome_of(journal::JournalReader& journal,
                           const journal::ExecutionRecord& record) {
    Outcome outcome;
    if (record.status == core::Status::running) return outcome;
    const auto events = SW_TRY(events_of(journal, record.last_chunk));
    for (const core::Event& event : events) {
        outcome.events = std::max(outcome.events, value_of(event.id));
        if (const auto* info = std::get_if<core::OutputInfo>(&event.details)) {
            outcome.output = info->output;
        } else if (const auto* failure = std::get_if<core::ErrorInfo>(&event.details)) {
            outcome.error = failure->error;
            outcome.cause = failure->cause;
        }
    }
    return outcome;
}

Result<Closed> closed_of(journal::JournalReader& journal, const journal::ExecutionRecord& record) {
    const auto facts = SW_TRY(facts_of(journal, record));
    Outcome outcome = SW_TRY(outcome_of(journal, record));
    Closed closed;
    closed.id = record.id;
    closed.status = record.status;
    closed.started_at = record.started_at;
    closed.stopped_at = record.stopped_at.value_or(record.started_at);
    closed.arn = facts->arn;
    closed.name = facts->name;
    closed.workflow_arn = facts->workflow_arn;
    closed.input = facts->input;
    closed.output = std::move(outcome.output);
    closed.error = std::move(outcome.error);
    closed.cause = std::move(outcome.cause);
    return closed;
}

}  // namespace stepwell::runtime
