// The loop's middle: deciding about an execution, and what of that is written.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {
namespace {

bool starts_task(const std::vector<core::Event>& events) {
    return std::any_of(events.begin(), events.end(), [](const core::Event& event) {
        return event.type == core::EventType::task_started ||
               event.type == core::EventType::lambda_function_started ||
               event.type == core::EventType::activity_started;
    });
}

}  // namespace

core::Moment Loop::moment_of(const Slot& slot, const core::Input& input) {
    core::Moment moment{now_, clock_.entropy(), limits_left(input), journal_.secret()};
    moment.has_to_wait = [this, &slot](const definition::State& state) {
        return has_to_wait(slot, state);
    };
    moment.has_activity = [this](const std::string& arn) { return has_activity(arn); };
    return moment;
}

Result<void> Loop::decide(Slot& slot, const core::Input& input) {
    const bool only_begins = is_cut(input);
    auto decided = decided_safely(slot, input);
    if (!decided) return stepwell::fail(std::move(decided).error());
    charge(*decided);
    if (!only_begins && is_beyond_share()) is_long_ = true;
    if (!decided->decision.events.empty()) {
        merge(slot, std::move(decided).value());
    } else {
        merge_unstored(slot, std::move(decided->decision.next));
    }
    return {};
}

/// Heartbeats cost no commit each: what they move is stored with the execution's next commit, or
/// when the deadline that is stored has passed.
void Loop::merge_unstored(Slot& slot, core::Delta&& next) {
    for (const auto& [id, frame] : next.frames) slot.unstored.insert(id);
    if (!next.frames.empty()) slot.execution.merge(std::move(next));
}

void Loop::store(Slot& slot) {
    core::Delta delta;
    delta.header = slot.execution.header();
    for (const FrameId id : std::exchange(slot.unstored, {})) {
        const core::Frame* frame = slot.execution.find(id);
        SW_ASSERT(frame != nullptr);
        delta.frames[id] = std::make_shared<core::Frame>(*frame);
    }
    core::Changes changes = core::encode_changes(slot.execution, delta);
    slot.execution.merge(std::move(delta), changes.numbered);
    PendingWrite& pending = pending_of(slot);
    pending.header = std::move(changes.header);
    for (core::Record& record : changes.put) {
        pending.records[record.key] = std::move(record.bytes);
    }
}

/// Until merge() nothing is changed, so a decision that goes wrong can be dropped: it must not take
/// the other executions down.
Result<Loop::Decided> Loop::decided_safely(Slot& slot, const core::Input& input) {
    const core::Moment moment = moment_of(slot, input);
    std::string why;
    try {
        const AssertionGuard guard;
        // One that nobody has seen yet is not there after a restart: its id will be another's.
        const auto work = slot.is_stored ? PoisonGuard::Work(guard_, slot.execution.id())
                                         : PoisonGuard::Work(guard_, slot.version->id);
        Decided decided;
        decided.decision =
            SW_TRY(core::decide(*slot.version->definition, slot.execution, input, moment));
        if (decided.decision.events.empty()) return decided;
        decided.bytes = core::encode(decided.decision.events);
        decided.changes = core::encode_changes(slot.execution, decided.decision.next);
        return decided;
    } catch (const AssertionFailure& failure) {
        why = failure.text;
    } catch (const std::exception& e) {
        why = e.what();
    }
    quarantine(slot, why);
    return stepwell::fail(ErrorCode::corruption,
                          place_of(slot.execution.id()) + " is put aside: " + why);
}

void Loop::merge(Slot& slot, Decided&& decided) {
    core::Decision& decision = decided.decision;
    core::Changes& changes = decided.changes;
    PendingWrite& pending = pending_of(slot);
    journal::ChunkRecord chunk;
    chunk.id = next_chunk_;
    chunk.previous = slot.last_chunk;
    chunk.events_before = slot.execution.header().events;
    chunk.is_mark = chunk.events_before / journal::kEventsPerMark !=
                    decision.next.header.events / journal::kEventsPerMark;
    pending.event_bytes += decided.bytes.size();
    chunk.bytes = std::move(decided.bytes);
    next_chunk_ = static_cast<journal::ChunkId>(value_of(next_chunk_) + 1);
    slot.last_chunk = chunk.id;
    pending.write.chunks.push_back(std::move(chunk));
    pending.header = std::move(changes.header);
    for (core::Record& record : changes.put) {
        pending.records[record.key] = std::move(record.bytes);
    }
    for (const core::RecordKey key : changes.removed) pending.records[key] = std::nullopt;

    pending.is_plain = pending.is_plain && is_plain(decision.events);
    const std::vector<TaskToken> finished = finished_by(slot, decision.next);
    for (const auto& [id, frame] : decision.next.frames) slot.unstored.erase(id);
    if (decision.next.is_cleared) slot.unstored.clear();
    const bool is_start = slot.execution.is_fresh();
    const bool is_redrive = !is_start && !slot.execution.is_running();
    slot.execution.merge(std::move(decision.next), changes.numbered);
    if (is_start) {
        pending.write.start = journal::ExecutionStart{
            slot.version->workflow.id,         slot.version->id, slot.given_name,
            slot.execution.facts().started_at, slot.origin,      slot.principal};
        if (settings_.fold_run) slot.trail.begin();
    }
    if (is_redrive) {
        const core::Redrive& redrive = *slot.execution.header().redrive;
        pending.write.reopening = journal::ExecutionReopening{redrive.count, redrive.at};
    }
    if (!slot.has_begun) slot.has_begun = starts_task(decision.events);
    for (const core::Command& command : decision.commands) order(slot, command, false);
    const bool has_ended = !slot.execution.is_running();
    if (has_ended && slot.is_awaited) effects_.emplace_back(Ended{slot.execution.id()});
    // After the orders: what is cancelled is known until then.
    for (const TaskToken& token : finished) {
        orders_.emplace_back([token](WorkObserver& observer) { observer.finished(token); });
    }
    const bool is_kept = is_recording_ || settings_.fold_run;
    if (is_kept && pending.events.empty()) {
        pending.events = std::move(decision.events);
    } else if (is_kept) {
        pending.events.insert(pending.events.end(),
                              std::make_move_iterator(decision.events.begin()),
                              std::make_move_iterator(decision.events.end()));
    }
    ++decisions_;
}

PendingWrite& Loop::pending_of(Slot& slot) {
    if (!slot.pending) {
        slot.pending = std::make_unique<PendingWrite>();
        slot.pending->write.id = slot.execution.id();
        slot.pending->write.was_open = slot.is_stored;
        touched_.push_back(&slot);
    }
    return *slot.pending;
}

void Loop::quarantine(Slot& slot, const std::string& why) {
    const ExecutionId id = slot.execution.id();
    if (!slot.execution.is_running()) {  // a start or a redrive: nobody has seen it
        spdlog::error("{}: {}; it is not begun", place_of(id), why);
        return;
    }
    put_aside(id, {ErrorCode::corruption, why});
    slot.is_quarantined = true;
    touch(slot);
}

/// Its open row is written again, with what the loop knows of it.
void Loop::touch(Slot& slot) {
    if (!slot.pending) store(slot);
}

}  // namespace stepwell::runtime
