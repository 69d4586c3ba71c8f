// What a turn writes of an execution, and what becomes of it once that is durable.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {
namespace {

/// A record up to this size, of those that an execution has from its first decision on, is kept in
/// the open row.
constexpr std::size_t kInlinedBytesMax = 1'536;

constexpr Duration kUnfruitfulPause{1'000};

/// So many records and large payloads are removed in one commit: a few milliseconds each.
constexpr std::size_t kRecordsAtOnce = 2'000;
constexpr std::size_t kPayloadsAtOnce = 4;
/// So many records that are removed one by one cost more than a range of them.
constexpr std::ptrdiff_t kRangeFrom = 8;

core::Record* find_record(std::vector<core::Record>& records, core::RecordKey key) {
    for (core::Record& record : records) {
        if (record.key == key) return &record;
    }
    return nullptr;
}

/// What stands side by side is removed together: a Map that is over leaves thousands of them.
/// REQUIRES: `keys` are sorted.
void remove(journal::ExecutionWrite& write, const std::vector<core::RecordKey>& keys) {
    for (auto first = keys.begin(); first != keys.end();) {
        auto end = std::next(first);
        while (end != keys.end() && core::is_neighbour(*std::prev(end), *end)) ++end;
        if (end - first < kRangeFrom) {
            write.removed.insert(write.removed.end(), first, end);
        } else {
            write.removed_ranges.emplace_back(*first, *std::prev(end));
        }
        first = end;
    }
}

}  // namespace

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
        pending.write.had_payloads = slot.execution.next_number() > 1;
        pending.write.leaves_records =
            header.frames > kRecordsAtOnce || slot.execution.next_number() > kPayloadsAtOnce;
        if (pending.write.leaves_records) has_leftovers_ = true;
        pending.write.row = run_rows_.row_of(slot);
        const journal::RunRow* row = pending.write.row ? &*pending.write.row : nullptr;
        SW_TRY(episodes_.ended(*slot.version, slot.execution, row, batch_));
    }
    batch_.add(std::move(pending.write));
    return {};
}

/// To free a large one costs nearly as much as to write it. What is left goes with later commits,
/// or with the end.
void Loop::remove_some_payloads(Slot& slot) {
    PendingWrite& pending = *slot.pending;
    for (const std::uint64_t number : slot.execution.take_released()) {
        const core::RecordKey key = core::payload_key(number);
        if (pending.records.erase(key) == 0) slot.released.push_back(key);
    }
    const std::size_t count = std::min(slot.released.size(), kPayloadsAtOnce);
    const auto end = slot.released.begin() + static_cast<std::ptrdiff_t>(count);
    pending.write.removed.insert(pending.write.removed.end(), slot.released.begin(), end);
    slot.released.erase(slot.released.begin(), end);
}

/// What ended executions have left behind is removed a part at a time, so that no commit takes
/// long.
void Loop::sweep() {
    if (!has_leftovers_ || is_light_ || is_alone_) return;
    batch_.add(journal::Sweep{kRecordsAtOnce, kPayloadsAtOnce});
}

/// After a commit.
Result<void> Loop::look_for_leftovers() {
    if (has_leftovers_) has_leftovers_ = SW_TRY(journal_.has_leftovers());
    return {};
}

void Loop::seal_open(Slot& slot, PendingWrite& pending) {
    const bool is_new = pending.write.start || pending.write.reopening;
    remove_some_payloads(slot);
    std::vector<core::RecordKey> gone;
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
            if (!bytes && !inlined) gone.push_back(key);
        }
    }
    remove(pending.write, gone);
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
