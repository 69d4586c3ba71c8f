// The loop's middle: deciding about an execution, and what of that is written.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {
namespace {

/// A record up to this size, of those that an execution has from its first decision on, is kept in
/// the open row.
constexpr std::size_t kInlinedBytesMax = 1'536;

constexpr Duration kUnfruitfulPause{1'000};

core::Record* find_record(std::vector<core::Record>& records, core::RecordKey key) {
    for (core::Record& record : records) {
        if (record.key == key) return &record;
    }
    return nullptr;
}

bool starts_task(const std::vector<core::Event>& events) {
    return std::any_of(events.begin(), events.end(), [](const core::Event& event) {
        return event.type == core::EventType::task_started ||
               event.type == core::EventType::lambda_function_started;
    });
}

}  // namespace

core::Moment Loop::moment_of(const Slot& slot, const core::Input& input) const {
    core::Moment moment{now_, clock_.entropy(), limits_left(input), journal_.secret()};
    moment.has_to_wait = [this, &slot](const definition::State& state) {
        return has_to_wait(slot, state);
    };
    return moment;
}

Result<void> Loop::decide(Slot& slot, const core::Input& input) {
    auto decided = decided_safely(slot, input);
    if (!decided) return stepwell::fail(std::move(decided).error());
    charge(decided->decision);
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
    turn_bytes_ += decided.bytes.size();
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
    const bool is_start = slot.execution.is_fresh();
    const bool is_redrive = !is_start && !slot.execution.is_running();
    slot.execution.merge(std::move(decision.next));
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

Result<void> Loop::seal(Slot& slot) {
    PendingWrite& pending = *slot.pending;
    const core::Header& header = slot.execution.header();
    if (slot.execution.is_running()) {
        if (!slot.unstored.empty()) store(slot);
        seal_open(slot, pending);
    } else {
        pending.write.end = journal::ExecutionEnd{header.status, header.stopped_at.value_or(now_),
                                                  header.error.value_or("")};
        pending.write.waits.clear();
        pending.write.was_awaited = slot.is_awaited;
        pending.write.row = run_rows_.row_of(slot);
        const journal::RunRow* row = pending.write.row ? &*pending.write.row : nullptr;
        SW_TRY(episodes_.ended(*slot.version, slot.execution, row, batch_));
    }
    batch_.add(std::move(pending.write));
    return {};
}

void Loop::seal_open(Slot& slot, PendingWrite& pending) {
    const bool is_new = pending.write.start || pending.write.reopening;
    for (auto& [key, bytes] : pending.records) {
        core::Record* inlined = find_record(slot.inlined, key);
        const bool fits = bytes && bytes->size() <= kInlinedBytesMax;
        if (fits && inlined) {
            inlined->bytes = std::move(*bytes);
        } else if (fits && is_new && slot.inlined.size() < 2) {
            slot.inlined.push_back({key, std::move(*bytes)});
        } else {
            if (inlined) slot.inlined.erase(slot.inlined.begin() + (inlined - slot.inlined.data()));
            if (bytes) pending.write.put.push_back({key, std::move(*bytes)});
            if (!bytes && !inlined) pending.write.removed.push_back(key);
        }
    }
    journal::OpenRecord open;
    open.id = slot.execution.id();
    open.due = slot.execution.next_due();
    open.has_tasks = slot.execution.has_tasks_in_flight();
    open.is_quarantined = slot.is_quarantined;
    open.has_begun = slot.has_begun;
    open.is_awaited = slot.is_awaited;
    open.last_chunk = slot.last_chunk;
    open.head = encode_head(pending.header, slot.inlined);
    pending.write.open = std::move(open);
}

void Loop::settle(Slot& slot) {
    if (is_recording_ && !slot.pending->events.empty()) {
        listeners_.tell(&Listener::events, slot.execution, slot.pending->events);
    }
    const std::unique_ptr<PendingWrite> written = std::move(slot.pending);
    if (!slot.execution.is_running()) {
        if (slot.is_stored) --open_count_;
        settle_closed(slot);
        return;
    }
    if (!slot.is_stored) ++open_count_;
    slot.is_stored = true;
    slot.trail.add(std::move(written->events), written->event_bytes);
    cache_.set_bytes(slot, slot.execution.held_bytes() + slot.trail.bytes());
    rearm(slot);
}

void Loop::settle_closed(Slot& slot) {
    const ExecutionId id = slot.execution.id();
    if (!observers_.empty()) {
        orders_.emplace_back([id](WorkObserver& observer) { observer.closed(id); });
    }
    timers_.forget(id);
    if (const auto at = waiters_.find(id); at != waiters_.end()) {
        const core::Facts& facts = slot.execution.facts();
        const core::Header& header = slot.execution.header();
        const Closed closed{id,
                            header.status,
                            facts.started_at,
                            header.stopped_at.value_or(now_),
                            facts.arn,
                            facts.name,
                            facts.workflow_arn,
                            facts.input,
                            header.output,
                            header.error,
                            header.cause};
        for (auto& waiter : at->second) reply_late(std::move(waiter), Result<Closed>(closed));
        waiters_.erase(at);
    }
    forget_put_aside(id);
    cache_.remove(id);
}

void Loop::rearm(Slot& slot) {
    const auto due = slot.execution.next_due();
    if (due == slot.armed) return;
    if (due) {
        // Behind those that are due already: one that goes on and on has its turn like all others.
        timers_.arm(slot.execution.id(), std::max(*due, now_));
    } else {
        timers_.forget(slot.execution.id());
    }
    slot.armed = due;
}

/// After a timer that changed nothing, as it came too early. What is due already, and was not seen
/// to, must not keep the thread spinning.
void Loop::rearm_unfruitful(Slot& slot) {
    const auto due = slot.execution.next_due();
    if (!due) return;
    slot.armed = *due > now_ ? *due : now_ + kUnfruitfulPause;
    timers_.arm(slot.execution.id(), *slot.armed);
}

}  // namespace stepwell::runtime
