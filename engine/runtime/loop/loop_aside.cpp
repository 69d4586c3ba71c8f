// Executions that are put aside, as they cannot be loaded or decided about. Their end is written
// without looking into what is stored of them, so that they can be stopped, and removed as any
// other.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "engine/runtime/loop/loop.hpp"
#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

/// Visible events up to the last chunk, as far as it can be read.
std::uint64_t events_up_to(journal::JournalReader& journal, journal::ChunkId last) {
    const auto link = journal.chunk_link(last);
    if (!link || !*link) return 0;
    std::uint64_t count = (*link)->events_before;
    const auto events = events_of(journal, last);
    if (!events) return count;
    for (const core::Event& event : *events) count = std::max(count, value_of(event.id));
    return count;
}

}  // namespace

std::string Loop::place_of(ExecutionId id) {
    return "execution " + std::to_string(value_of(id));
}

/// Nothing is done with it any more, but that it is shown, stopped and removed. Whoever waits for
/// its end is told that none will come: attempts of other executions in this turn, before it ends.
void Loop::put_aside(ExecutionId id, const Error& why) {
    if (!quarantined_.insert(id).second) return;
    quarantined_count_ = quarantined_.size();
    spdlog::error("{}: {}; it is put aside, and may be stopped", place_of(id), why.message);
    newly_quarantined_.push_back(id);
}

/// With the end of a turn, also of one whose own outcome is forgotten.
void Loop::tell_put_aside() {
    for (const ExecutionId id : std::exchange(newly_quarantined_, {})) {
        // What it has in flight will not be listened to any more.
        orders_.emplace_back([id](WorkObserver& observer) { observer.closed(id); });
        const auto at = waiters_.find(id);
        if (at == waiters_.end()) continue;
        for (auto& waiter : at->second) {
            reply_late(std::move(waiter), Result<Closed>(put_aside_error(id)));
        }
        waiters_.erase(at);
    }
}

Failure<Error> Loop::put_aside_error(ExecutionId id) {
    return stepwell::fail(ErrorCode::corruption,
                          place_of(id) + ": expected to go on with it, but it is put aside");
}

Result<void> Loop::put_poisonous_aside() {
    if (settings_.guard_file.empty()) return {};
    auto opened = PoisonGuard::open(settings_.guard_file);
    if (!opened) {  // no reason to run nothing
        spdlog::warn("{}; nothing that ends the daemon again and again is put aside",
                     opened.error().message);
        return {};
    }
    guard_ = *std::move(opened);
    for (const ExecutionId id : guard_.poisonous()) {
        const auto row = SW_TRY(journal_.execution(id));
        if (!row || row->status != core::Status::running) {
            guard_.forgive(id);
            continue;
        }
        poisonous_.insert(id);
        put_aside(id, {ErrorCode::corruption, "the daemon has ended " +
                                                  std::to_string(PoisonGuard::kDeathsMax) +
                                                  " times while it decided about it"});
    }
    return put_poisonous_versions_aside();
}

/// A version that is not the newest of its workflow any more may be tried again: nothing starts it
/// by itself.
Result<void> Loop::put_poisonous_versions_aside() {
    for (const VersionId id : guard_.poisonous_versions()) {
        const auto version = SW_TRY(journal_.version(id));
        const auto workflow = version ? SW_TRY(journal_.workflow(version->workflow)) : std::nullopt;
        const bool is_there = workflow && !workflow->is_deleted;
        const auto newest = is_there ? SW_TRY(journal_.latest_version(workflow->id)) : std::nullopt;
        if (!newest || newest->id != id) {
            guard_.forgive(id);
            continue;
        }
        poisonous_versions_.insert(id);
        spdlog::error(
            "workflow '{}': the daemon has ended {} times while it started version {}; no run of "
            "it is started until there is a new version",
            workflow->name, PoisonGuard::kDeathsMax, version->number);
    }
    return {};
}

Failure<Error> Loop::poisonous_error(const LoadedVersion& version) {
    return stepwell::fail(ErrorCode::corruption, "expected to start workflow '" +
                                                     version.workflow.name +
                                                     "', but the daemon has ended " +
                                                     std::to_string(PoisonGuard::kDeathsMax) +
                                                     " times while it did: it needs a new version");
}

/// Nothing but its open row was to be written in this turn. True where it is as if it had not been
/// loaded.
bool Loop::drop_undecided(Slot& slot) {
    const bool has_decided = slot.pending && !slot.pending->write.chunks.empty();
    const bool is_linked =
        slot.pending && (slot.pending->write.parent || !slot.pending->write.waits.empty());
    if (has_decided || is_linked || !slot.is_stored) return false;
    touched_.erase(std::remove(touched_.begin(), touched_.end(), &slot), touched_.end());
    cache_.remove(slot.execution.id());
    return true;
}

Result<Timestamp> Loop::abort_by_record(ExecutionId id, const core::StopExecution& how) {
    const auto row = SW_TRY(journal_.execution(id));
    if (!row || row->status != core::Status::running) {
        return stepwell::fail(ErrorCode::not_found, "expected an execution with the number " +
                                                        std::to_string(value_of(id)) +
                                                        " to run, but none does");
    }
    if (std::find(aborted_.begin(), aborted_.end(), id) != aborted_.end()) return now_;
    // Where its open row is gone, what stands between its first chunk and its end is lost with it.
    const journal::ChunkId last =
        row->last_chunk == journal::kNoChunk ? row->first_chunk : row->last_chunk;
    const std::uint64_t events = events_up_to(journal_, last);
    core::Event aborted;
    aborted.type = core::EventType::execution_aborted;
    aborted.id = static_cast<EventId>(events + 1);
    aborted.previous = static_cast<EventId>(events);
    aborted.at = now_;
    aborted.details = core::ErrorInfo{how.error, how.cause};

    journal::ExecutionWrite write;
    write.id = id;
    write.was_open = true;
    write.was_awaited = true;
    write.had_payloads = true;
    write.leaves_records = true;
    has_leftovers_ = true;
    write.chunks.push_back({next_chunk_, last, events, core::encode({aborted})});
    write.end = journal::ExecutionEnd{core::Status::aborted, now_, how.error.value_or("")};
    if (settings_.fold_run) {  // what its history has to say is told later
        journal::RunRow unfolded;
        unfolded.id = id;
        unfolded.workflow = row->workflow;
        unfolded.started_at = row->started_at;
        unfolded.revision = next_chunk_;
        unfolded.is_folded = false;
        write.row = std::move(unfolded);
    }
    next_chunk_ = static_cast<journal::ChunkId>(value_of(next_chunk_) + 1);
    batch_.add(std::move(write));
    aborted_.push_back(id);
    // Whoever waits for it was told when it was put aside; those for whom it waits go with it.
    for (const TaskToken& run : map_runs_.of(id)) effects_.emplace_back(core::StopMapRun{run});
    for (const journal::Wait& wait : SW_TRY(journal_.waits_of(id))) {
        if (map_runs_.find(wait.attempt)) continue;
        effects_.emplace_back(core::StopChild{wait.attempt, std::nullopt});
    }
    return now_;
}

void Loop::settle_aborted(ExecutionId id) {
    spdlog::info("{}: it was put aside, and is stopped now", place_of(id));
    timers_.forget(id);
    to_restart_.erase(id);
    forget_put_aside(id);
    if (open_count_ > 0) --open_count_;
    orders_.emplace_back([id](WorkObserver& observer) { observer.closed(id); });
}

void Loop::forget_put_aside(ExecutionId id) {
    guard_.forgive(id);
    poisonous_.erase(id);
    quarantined_.erase(id);
    quarantined_count_ = quarantined_.size();
}

}  // namespace stepwell::runtime
