// The loop's turn: its beginning, its one commit, and what follows from that.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {
namespace {

/// Between two tries to commit what could not be written; the pause doubles.
constexpr Duration kStallPauseMin{10};
constexpr Duration kStallPauseMax{1'000};
/// Before the timers of a turn that was refused are looked at again.
constexpr Duration kRefusedPause{1'000};

}  // namespace

Result<void> Loop::turn(std::vector<Message>& messages) {
    if (stall_) {
        SW_ASSERT(messages.empty());
        if (clock_.steady() < stall_->retry_at) return {};
        return finish();
    }
    SW_ASSERT(messages.empty() || takes_messages());
    begin_turn();
    messages_.swap(messages);
    is_alone_ = !alone_.empty();
    if (is_alone_) {
        messages_.push_back(std::move(alone_.front()));
        alone_.pop_front();
        hear();
    } else {
        look_who_waits();
        take_parts();
    }
    apply_effects();
    was_long_ = is_long_ && !is_light_;
    carry_out_removals();
    auto done = end_turn();
    if (!stall_) {
        messages_.clear();
        messages_.swap(messages);  // gives the room back
    }
    return done;
}

void Loop::begin_turn() {
    turn_bytes_ = 0;
    turn_work_ = 0;
    is_light_ = false;
    is_long_ = false;
    granted_before_ = granted_;
    now_ = time_.now();
    now_text_.clear();
    is_recording_ = listeners_.has(&Listener::events);
    first_execution_ = next_execution_;
    first_chunk_ = next_chunk_;
    child_starts_.begin_turn();
    put_aside_heard_ = 0;
    look_for_room();
}

Result<void> Loop::end_turn() {
    batch_.operations.reserve(batch_.operations.size() + touched_.size());
    for (Slot* slot : touched_) {
        if (auto sealed = seal(*slot); !sealed && !trouble_) trouble_ = sealed.error();
    }
    map_runs_.write(batch_);
    sweep();
    if (auto added = run_rows_.add_to(batch_, cache_); !added && !trouble_) {
        trouble_ = added.error();
    }
    if (trouble_) {
        fail(*trouble_);
        return stepwell::fail(*trouble_);
    }
    if (unreadable_) return refused(*std::exchange(unreadable_, std::nullopt));
    return finish();
}

Result<void> Loop::finish() {
    using Kind = journal::CommitError::Kind;
    auto done = timed_commit();
    if (done) {
        end_stall();
        auto settled = settle_all();
        if (!settled) fail(settled.error());
        return settled;
    }
    switch (done.error().kind) {
        case Kind::nothing_written:
            stall(done.error());
            return {};
        case Kind::refused:
            end_stall();
            return refused(done.error());
        case Kind::fenced:
        case Kind::unknown:
            break;
    }
    fail(done.error());
    return stepwell::fail(std::move(done).error());
}

Result<void, journal::CommitError> Loop::timed_commit() {
    if (batch_.is_empty()) return {};
    const auto begun = std::chrono::steady_clock::now();
    auto done = journal_.commit(batch_, lease_);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    std::size_t bucket = 0;
    while (bucket < kCommitBoundsMs.size() && took.count() > kCommitBoundsMs.at(bucket)) ++bucket;
    ++commits_.at(bucket);
    commit_micros_ += static_cast<std::uint64_t>(took.count() * 1'000);
    return done;
}

/// What was committed is durable: it is swapped in, carried out and answered.
Result<void> Loop::settle_all() {
    if (!observers_.empty()) SW_TRY(tell_new_versions());
    if (!observers_.empty()) tell_notices();
    batch_ = {};
    for (auto& [id, answer] : new_waiters_) waiters_[id].push_back(std::move(answer));
    new_waiters_.clear();
    tell_put_aside();
    for (Slot* slot : touched_) settle(*slot);
    touched_.clear();
    for (const ExecutionId id : std::exchange(aborted_, {})) settle_aborted(id);
    names_started_.clear();
    awaited_.clear();
    restarted_.clear();
    ledger_.end_turn();
    carry_out();
    messages_.clear();
    SW_TRY(look_for_leftovers());
    map_runs_.sweep();
    if (!is_light_) has_graves_ = cache_.bury();
    cache_.shrink(settings_.loaded_executions_max, settings_.loaded_bytes_max);
    ++turns_;
    loaded_count_ = cache_.size();
    timer_count_ = timers_.size();
    const auto next_timer = timers_.next();
    next_timer_ms_ = next_timer ? to_ms(time_.on_the_wall(*next_timer)) : -1;
    return {};
}

void Loop::stall(const Error& why) {
    const Duration now = clock_.steady();
    if (!stall_) {
        spdlog::warn(
            "{}; what waits is committed when that is over, and until then no execution is started",
            why.message);
        stall_ = Stall{now, kStallPauseMin, {}};
        is_stalled_ = true;
    } else {
        stall_->pause = std::min(2 * stall_->pause, kStallPauseMax);
    }
    stall_->retry_at = now + stall_->pause;
}

void Loop::end_stall() {
    if (!stall_) return;
    spdlog::info("the journal is written again, after {} ms",
                 (clock_.steady() - stall_->since).count());
    stall_.reset();
    is_stalled_ = false;
}

/// Nothing of the turn has happened. One message is told why; of several each gets another chance.
Result<void> Loop::refused(const Error& why) {
    const bool has_one = messages_.size() == 1 && is_alone_;
    spdlog::error(
        "a transaction was refused: {}; {}", why.message,
        has_one ? "whoever asked for it is told so" : "what was in it is tried again, one by one");
    const std::vector<Reply> replies = std::exchange(replies_, {});
    if (auto done = abandon(); !done) {
        for (const Reply& one : replies) one(&done.error());
        messages_.clear();
        fail(done.error());
        return done;
    }
    if (has_one) {
        for (const Reply& one : replies) one(&why);
    } else {
        std::move(messages_.begin(), messages_.end(), std::back_inserter(alone_));
    }
    messages_.clear();
    return {};
}

/// Forgets all that the turn has decided: the journal has what was before.
Result<void> Loop::abandon() {
    for (const Slot* slot : touched_) {
        const ExecutionId id = slot->execution.id();
        // Its timer may have been taken from the queue.
        if (slot->is_stored) timers_.arm(id, now_ + kRefusedPause);
        // What its heartbeats had moved is lost, and its clocks begin anew.
        if (slot->is_stored) heartbeats_lost_.insert(id);
        cache_.remove(id);
    }
    granted_ = std::move(granted_before_);
    run_rows_.end_turn();
    child_starts_.abandon(clock_.steady() + kRefusedPause);
    for (const ExecutionId id : restarted_) {
        if (!to_restart_.insert(id).second) continue;
        restart_order_.push_back(id);
    }
    touched_.clear();
    restarted_.clear();
    aborted_.clear();
    batch_ = {};
    orders_.clear();
    cancelled_.clear();
    effects_.clear();
    awaited_.clear();
    replies_.clear();
    new_waiters_.clear();
    removals_.clear();
    changed_workflows_.clear();
    names_started_.clear();
    ledger_.end_turn();
    episodes_.forget();
    next_execution_ = first_execution_;
    next_chunk_ = first_chunk_;
    SW_TRY(map_runs_.load());
    map_runs_.hold(clock_.steady() + kRefusedPause);
    return catalog_.reload();
}

void Loop::fail(const Error& error) {
    run_rows_.end_turn();
    touched_.clear();
    batch_ = {};
    orders_.clear();
    cancelled_.clear();
    effects_.clear();
    awaited_.clear();
    changed_workflows_.clear();
    names_started_.clear();
    removals_.clear();
    ledger_.end_turn();
    cache_.clear();
    child_starts_.clear();
    map_runs_.clear();
    for (const Reply& one : replies_) one(&error);
    replies_.clear();
    for (auto& [id, answer] : new_waiters_) answer(stepwell::fail(error));
    new_waiters_.clear();
    for (Message& message : alone_) refuse(message, error);
    alone_.clear();
    for (Message& message : put_off_) refuse(message, error);
    put_off_.clear();
    for (auto& [id, answers] : waiters_) {
        for (auto& answer : answers) answer(stepwell::fail(error));
    }
    waiters_.clear();
}

}  // namespace stepwell::runtime
