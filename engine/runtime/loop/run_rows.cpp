#include "engine/runtime/loop/run_rows.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <variant>

#include "engine/base/assert.hpp"
#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

/// Pieces of histories that are read back on the engine's thread in one turn, of one run and of all
/// that end in it: each is a look into the journal.
constexpr std::size_t kPiecesOfRunMax = 500;
constexpr std::size_t kPiecesOfTurnMax = 8'192;
/// All that a turn folds may have the bytes of so many runs.
constexpr std::size_t kRunsOfBytesMax = 4;

bool is_plain_type(core::EventType type) {
    using core::EventType;
    switch (type) {
        case EventType::execution_started:
        case EventType::execution_succeeded:
        case EventType::choice_state_entered:
        case EventType::choice_state_exited:
        case EventType::pass_state_entered:
        case EventType::pass_state_exited:
        case EventType::succeed_state_entered:
        case EventType::succeed_state_exited:
        case EventType::map_state_entered:
        case EventType::map_state_exited:
        case EventType::map_state_started:
        case EventType::map_state_succeeded:
        case EventType::map_iteration_started:
        case EventType::map_iteration_succeeded:
        case EventType::parallel_state_entered:
        case EventType::parallel_state_exited:
        case EventType::parallel_state_started:
        case EventType::parallel_state_succeeded:
        case EventType::branch_started:
            return true;
        default:
            return false;
    }
}

journal::ExecutionRecord record_of(const Slot& slot) {
    const core::Header& header = slot.execution.header();
    journal::ExecutionRecord record;
    record.id = slot.execution.id();
    record.workflow = slot.version->workflow.id;
    record.version = slot.version->id;
    record.status = header.status;
    record.started_at = slot.execution.facts().started_at;
    record.stopped_at = header.stopped_at;
    record.error = header.error.value_or("");
    record.last_chunk = slot.last_chunk;
    return record;
}

std::set<ExecutionId> removed_in(const journal::Batch& batch) {
    std::set<ExecutionId> ids;
    for (const journal::Operation& operation : batch.operations) {
        const auto* removal = std::get_if<journal::Removal>(&operation);
        if (removal) ids.insert(removal->executions.begin(), removal->executions.end());
    }
    return ids;
}

}  // namespace

bool is_plain(const std::vector<core::Event>& events) {
    return std::all_of(events.begin(), events.end(),
                       [](const core::Event& event) { return is_plain_type(event.type); });
}

bool RunRows::fits(std::size_t pieces, std::size_t bytes) const {
    return pieces <= kPiecesOfRunMax && bytes <= settings_.folded_bytes_max &&
           pieces_read_ <= kPiecesOfTurnMax &&
           bytes_folded_ <= kRunsOfBytesMax * settings_.folded_bytes_max;
}

/// Nothing where there is more than may be folded here.
Result<std::optional<std::vector<core::Event>>> RunRows::whole_history(Slot& slot) {
    if (slot.trail.is_whole()) return remembered(slot);
    return read_back(slot);
}

std::optional<std::vector<core::Event>> RunRows::remembered(Slot& slot) {
    const std::size_t bytes = slot.trail.stored_bytes() + slot.pending->event_bytes;
    bytes_folded_ += bytes;
    if (!fits(0, bytes)) return std::nullopt;
    return std::move(slot.trail).take(slot.pending->events);
}

Result<std::optional<std::vector<core::Event>>> RunRows::read_back(const Slot& slot) {
    std::vector<std::string> pieces;  // newest first
    std::size_t bytes = 0;
    const auto take = [&](std::size_t size) {
        bytes += size;
        bytes_folded_ += size;
        return fits(pieces.size(), bytes);
    };
    const auto& pending = slot.pending->write.chunks;
    for (auto chunk = pending.rbegin(); chunk != pending.rend(); ++chunk) {
        if (!take(chunk->bytes.size())) return std::optional<std::vector<core::Event>>();
        pieces.push_back(chunk->bytes);
    }
    for (journal::ChunkId at = pending.front().previous; at != journal::kNoChunk;) {
        const auto link = SW_TRY(journal_.chunk_link(at));
        if (!link) return fail(ErrorCode::corruption, "a history has lost a part of itself");
        ++pieces_read_;
        if (!take(link->size)) return std::optional<std::vector<core::Event>>();
        auto chunk = SW_TRY(journal_.chunk(at));
        if (!chunk) return fail(ErrorCode::corruption, "a history has lost a part of itself");
        pieces.push_back(std::move(chunk->bytes));
        at = chunk->previous;
    }
    std::vector<core::Event> events;
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
        auto some = SW_TRY(core::decode(*piece));
        std::move(some.begin(), some.end(), std::back_inserter(events));
    }
    return std::optional(std::move(events));
}

std::optional<journal::RunRow> RunRows::row_of(Slot& slot) {
    if (!settings_.fold_run) return std::nullopt;
    const PendingWrite& pending = *slot.pending;
    const bool is_whole = pending.write.start.has_value();
    if (is_whole && pending.is_plain) return std::nullopt;

    const journal::ExecutionRecord record = record_of(slot);
    std::optional<journal::RunRow> row = journal::RunRow{};
    row->is_folded = false;
    if (slot.execution.header().events <= settings_.folded_events_max) {
        // Whatever goes wrong here must not keep the run from ending: RowKeeper tries it again.
        try {
            const AssertionGuard guard;
            auto events = whole_history(slot);
            if (events && *events) row = settings_.fold_run(record, **events);
        } catch (const AssertionFailure& failure) {
            spdlog::error("execution {}: its row: {}", value_of(record.id), failure.text);
        } catch (const std::exception& e) {
            spdlog::error("execution {}: its row: {}", value_of(record.id), e.what());
        }
    }
    if (!row) return row;
    row->id = record.id;
    row->workflow = record.workflow;
    row->started_at = record.started_at;
    row->revision = record.last_chunk;
    return row;
}

void RunRows::put(FoldedRows rows) {
    waiting_.push_back(std::move(rows));
}

Result<void> RunRows::add_to(journal::Batch& batch, ExecutionCache& cache) {
    const std::set<ExecutionId> gone = removed_in(batch);
    for (FoldedRows& some : waiting_) {
        for (journal::RunRow& row : some.rows) {
            const auto record = SW_TRY(journal_.execution(row.id));
            const bool is_closed = record && record->status != core::Status::running &&
                                   record->last_chunk == row.revision && !cache.find(row.id);
            if (is_closed && !gone.contains(row.id)) batch.add(std::move(row));
        }
        if (some.rows_from) batch.add(journal::RowsFrom{*some.rows_from});
    }
    end_turn();
    return {};
}

}  // namespace stepwell::runtime
