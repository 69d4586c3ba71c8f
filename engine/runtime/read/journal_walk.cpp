#include "engine/runtime/read/journal_walk.hpp"

#include <algorithm>

#include "engine/runtime/names.hpp"

namespace stepwell::runtime {

Result<std::vector<core::Event>> events_in(const journal::ChunkRecord& chunk) {
    auto events = core::decode(chunk.bytes);
    if (events) return events;
    std::string place = "history chunk " + std::to_string(value_of(chunk.id));
    if (chunk.execution != ExecutionId{}) {
        place = "execution " + std::to_string(value_of(chunk.execution)) + ", " + place;
    }
    return fail(std::move(events).error().within(place));
}

Result<std::vector<core::Event>> events_of(journal::JournalReader& journal, journal::ChunkId id) {
    const auto chunk = SW_TRY(journal.chunk(id));
    if (chunk) return events_in(*chunk);
    return fail(ErrorCode::corruption, "history chunk " + std::to_string(value_of(id)) +
                                           ": expected it in the journal, but it is not");
}

namespace {

Result<journal::ChunkRecord> link_of(journal::JournalReader& journal, journal::ChunkId id) {
    auto link = SW_TRY(journal.chunk_link(id));
    if (!link) return fail(ErrorCode::corruption, "a history has lost a part of itself");
    return *std::move(link);
}

/// From the chunk that holds event number `after` + 1 up to `last`, oldest first.
Result<std::vector<journal::ChunkId>> chunks_up_to(journal::JournalReader& journal,
                                                   journal::ChunkId last, std::uint64_t after) {
    std::vector<journal::ChunkId> chunks;
    for (journal::ChunkId at = last; at != journal::kNoChunk;) {
        const journal::ChunkRecord link = SW_TRY(link_of(journal, at));
        chunks.push_back(at);
        if (link.events_before <= after && after > 0) break;
        at = link.previous;
    }
    std::reverse(chunks.begin(), chunks.end());
    return chunks;
}

}  // namespace

Result<std::vector<journal::ChunkId>> chunks_of(journal::JournalReader& journal,
                                                const journal::ExecutionRecord& record) {
    return chunks_up_to(journal, record.last_chunk, 0);
}

/// What lies before the next mark.
Result<Stretch> stretch_after(journal::JournalReader& journal,
                              const journal::ExecutionRecord& record, std::uint64_t after) {
    const auto mark = SW_TRY(journal.mark_after(record.id, after));
    if (!mark) return Stretch{SW_TRY(chunks_up_to(journal, record.last_chunk, after)), {}};
    const journal::ChunkRecord link = SW_TRY(link_of(journal, mark->chunk));
    return Stretch{SW_TRY(chunks_up_to(journal, link.previous, after)), mark->events_before};
}

Result<journal::ChunkId> chunk_behind(journal::JournalReader& journal,
                                      const journal::ExecutionRecord& record,
                                      std::uint64_t before) {
    if (before == 0) return record.last_chunk;
    const auto mark = SW_TRY(journal.mark_after(record.id, before));
    return mark ? mark->chunk : record.last_chunk;
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
