#include "engine/runtime/loop/loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

/// Timers that fire, and executions whose tasks are restarted, in one turn.
constexpr std::size_t kTimersPerTurnMax = 2'048;
constexpr std::size_t kRestartsPerTurnMax = 256;
constexpr Duration kRoomCheckInterval{1'000};
/// Before a timer is tried again whose execution could not be read just now.
constexpr Duration kReadPause{1'000};

/// Granted, it waits for a worker, who picks it up.
bool is_for_worker(const Slot& slot, const core::Frame& frame) {
    const definition::State& state = slot.version->definition->state(frame.state);
    return std::get<definition::TaskState>(state.body).resource.is_for_worker();
}

Failure<Error> no_such_execution(ExecutionId id) {
    return fail(ErrorCode::not_found, "expected an execution with the number " +
                                          std::to_string(value_of(id)) + ", but there is none");
}

}  // namespace

Loop::Loop(const EngineSettings& settings, journal::Journal& journal, Clock& clock,
           Listeners& listeners, TaskLogs& logs)
    : settings_(settings),
      journal_(journal),
      clock_(clock),
      listeners_(listeners),
      logs_(logs),
      catalog_(settings, journal, clock),
      names_(journal.secret()),
      map_runs_(journal, settings.map_runs_folder),
      time_(clock),
      ledger_(journal),
      episodes_(journal),
      run_rows_(settings, journal),
      lease_(journal.lease()) {}

Result<void> Loop::recover() {
    SW_TRY(catalog_.load());
    if (!observers_.empty()) SW_TRY(tell_workflows());
    const journal::Counters counters = SW_TRY(journal_.counters());
    next_execution_ = counters.execution;
    next_chunk_ = counters.chunk;
    has_leftovers_ = SW_TRY(journal_.has_leftovers());
    SW_TRY(map_runs_.load());
    SW_TRY(map_runs_.sweep_all());
    SW_TRY(put_poisonous_aside());
    TimerQueue::Loader timers(timers_);
    SW_TRY(journal_.scan_open([&](const journal::OpenSummary& open) {
        ++open_count_;
        if (open.due) timers.add(open.id, *open.due);
        if (open.has_tasks) restart_order_.push_back(open.id);
    }));
    to_restart_.insert(restart_order_.begin(), restart_order_.end());
    std::reverse(restart_order_.begin(), restart_order_.end());
    return {};
}

/// Who governs the work is told of the limits and of who is at work before any task is started.
Result<void> Loop::tell_workflows() {
    std::vector<std::string> limited;
    SW_TRY(catalog_.visit_latest([&](const auto& workflow, const auto& version) {
        for (WorkObserver* observer : observers_) {
            observer->version_changed(workflow.name, version.settings);
        }
        const bool is_limited = definition::operations_of(version.settings).concurrency > 0;
        if (is_limited) limited.push_back(workflow.name);
    }));
    for (const std::string& name : limited) {
        SW_TRY(visit_begun(name, [&](ExecutionId id, const std::string& run) {
            for (WorkObserver* observer : observers_) observer->has_begun(id, name, run);
        }));
    }
    return {};
}

Result<void> Loop::visit_begun(const std::string& workflow, const journal::VisitBegun& visit) {
    return journal_.scan_begun(workflow, [&](ExecutionId id, const std::string& name) {
        visit(id, name.empty() ? names_.name_of(id) : name);
    });
}

void Loop::on(const CreateWorkflow& message) {
    auto status = with_change(catalog_.apply(message, batch_), message.spec.beside);
    if (status && status->is_changed) changed_workflows_.push_back(message.spec.name);
    reply(message.answer, std::move(status));
}

void Loop::on(const UpdateWorkflow& message) {
    auto status = with_change(catalog_.apply(message, batch_), message.update.beside);
    if (status && status->is_changed) changed_workflows_.push_back(message.name);
    reply(message.answer, std::move(status));
}

void Loop::on(const DeleteWorkflow& message) {
    auto done = remove_published(message.name);
    if (done) done = catalog_.apply(message, batch_);
    if (done) changed_workflows_.push_back(message.name);
    reply(message.answer, std::move(done));
}

void Loop::on(const Start& message) {
    auto started = start(message.request);
    reply(message.answer, std::move(started));
}

void Loop::on(const Stop& message) {
    auto stopped = stop(message.id, message.how);
    reply(message.answer, std::move(stopped));
}

void Loop::on(const Report& message) {
    const auto deliver = [&]() -> Result<void> {
        if (message.is_from_outside) return hear_outsider(message);
        if (OpenMapRun* run = with_task(message.input)) return hear_map_task(*run, message.input);
        Slot* slot = SW_TRY(open(message.id));
        if (!slot || quarantined_.contains(message.id)) return no_such_execution(message.id);
        SW_TRY(check_runner(*slot, message.input));
        return decide(*slot, message.input);
    };
    auto done = deliver();
    reply(message.answer, std::move(done));
}

void Loop::on(const WhenClosed& message) {
    auto ended = closed(message.id);
    if (ended && !*ended) {
        new_waiters_.emplace_back(message.id, message.answer);
    } else if (ended) {
        reply(message.answer, Result<Closed>(std::move(**ended)));
    } else {
        reply(message.answer, Result<Closed>(stepwell::fail(ended.error())));
    }
}

void Loop::on(const Write& message) {
    reply(message.answer, write(message.writes));
}

void Loop::on(const Inspect& message) {
    const auto look = [&]() -> Result<Inspection> {
        const Slot* slot = SW_TRY(open(message.id));
        if (!slot) return no_such_execution(message.id);
        return Inspection{slot->version->definition, slot->execution.frames(),
                          quarantined_.contains(message.id)};
    };
    reply(message.answer, look());
}

/// After everything else: an execution that this turn takes up again is not removed.
void Loop::on(const Remove& message) {
    removals_.push_back(&message);
}

/// Each to whom the newest version of its workflow names for its event; to nobody: not at all.
void Loop::add_notices(const std::vector<NoticeWrite>& notices) {
    for (NoticeWrite one : notices) {
        const auto version = catalog_.find(one.notice.workflow, std::nullopt);
        if (!version) continue;
        const auto& notify = (*version)->operations.notify;
        const auto to = notify.find(one.notice.event);
        if (to == notify.end()) continue;
        one.notice.to = to->second;
        ledger_.add({to_write(one.notice, one.key)}, {}, ExecutionId{0}, now_, batch_);
    }
}

void Loop::on(const PutRows& message) {
    run_rows_.put(message.rows);
    reply(message.answer, Result<void>());
}

void Loop::carry_out_removals() {
    for (const Remove* message : removals_) {
        const Removals& removals = message->removals;
        auto done = check_removal(removals);
        for (const auto& run : removals.runs) {
            if (done) done = map_runs_.forget(run.id, batch_);
        }
        if (done) {
            journal::Removal removal{{}, removals.chunks, removals.claims};
            for (const auto& run : removals.runs) removal.executions.push_back(run.id);
            batch_.add(std::move(removal));
            ledger_.add(removals.documents, {}, ExecutionId{0}, now_, batch_);
        }
        reply(message->answer, std::move(done));
    }
    removals_.clear();
}

Result<void> Loop::check_removal(const Removals& removals) {
    for (const auto& [id, last_chunk] : removals.runs) {
        const auto row = SW_TRY(journal_.execution(id));
        const bool is_as_planned = row && row->status != core::Status::running &&
                                   row->last_chunk == last_chunk && !cache_.find(id) &&
                                   map_runs_.of(id).empty();
        if (is_as_planned) continue;
        return stepwell::fail(ErrorCode::conflict, "expected execution " +
                                                       std::to_string(value_of(id)) +
                                                       " to have ended for good, but it has not");
    }
    return ledger_.check(removals.documents, {});
}

void Loop::restart_some_tasks() {
    for (std::size_t n = 0; n < kRestartsPerTurnMax && !restart_order_.empty(); ++n) {
        if (is_share_spent()) return;
        const ExecutionId id = restart_order_.back();
        restart_order_.pop_back();
        if (!to_restart_.contains(id)) continue;
        if (auto slot = open(id); !slot) note(slot.error());
    }
}

void Loop::pick_up_granted() {
    for (const TaskToken& token : std::exchange(granted_, {})) {
        // A refusal: it has ended in the meantime, and whoever granted it is told so.
        if (auto done = pick_up(token); !done) note(done.error());
    }
}

Result<void> Loop::pick_up(const TaskToken& token) {
    Slot* slot = SW_TRY(open(token.execution));
    if (!slot || quarantined_.contains(token.execution)) return no_such_execution(token.execution);
    const core::Frame* frame = slot->execution.find(token.frame);
    const bool is_in_flight = frame && frame->attempt == token.attempt && frame->has_task();
    if (is_in_flight && is_for_worker(*slot, *frame)) {
        order(*slot, core::order_of(*slot->version->definition, token.execution, *frame), false);
        return {};
    }
    const bool has_started = is_in_flight && frame->phase == core::Phase::awaiting_task;
    if (!has_started) return decide(*slot, core::TaskPickedUp{token});
    // An older Stepwell wrote that it had started while it still waited.
    slot->has_begun = true;
    touch(*slot);
    order(*slot, core::order_of(*slot->version->definition, token.execution, *frame), true);
    return {};
}

void Loop::fire_timers() {
    for (std::size_t n = 0; n < kTimersPerTurnMax && !trouble_; ++n) {
        if (is_share_spent()) return;  // the rest stays due
        const auto id = timers_.pop_due(now_);
        if (!id) return;
        if (quarantined_.contains(*id)) continue;
        auto slot = open(*id);
        if (!slot) {
            note(slot.error());
            if (slot.error().code == ErrorCode::unavailable) timers_.arm(*id, now_ + kReadPause);
        } else if (*slot && (*slot)->execution.is_running()) {
            (*slot)->armed.reset();
            // An error is a refusal: there was nothing to do, which happens to stale entries.
            if (auto done = decide(**slot, core::TimerDue{}); !done) note(done.error());
            if (!(*slot)->pending && !(*slot)->unstored.empty()) store(**slot);
            if (!(*slot)->pending) rearm_unfruitful(**slot);
        }
    }
}

std::optional<Timestamp> Loop::next_due() {
    static_cast<void>(time_.now());  // the clock may have been set while nothing was to do
    if (stall_) return clock_.now() + (stall_->retry_at - clock_.steady());
    if (!alone_.empty() || !put_off_.empty()) return Timestamp{};
    if (!restart_order_.empty() || !granted_.empty()) return Timestamp{};
    if (has_leftovers_ || has_graves_) return Timestamp{};
    std::optional<Timestamp> due;
    if (const auto timer = timers_.next()) due = time_.on_the_wall(*timer);
    if (map_runs_.has_work() && !map_runs_.held_until()) return Timestamp{};
    const auto hold = [&](std::optional<Duration> until) {
        if (!until) return;
        const Timestamp released = clock_.now() + (*until - clock_.steady());
        due = due ? std::min(*due, released) : released;
    };
    if (map_runs_.has_work()) hold(map_runs_.held_until());
    const bool has_effects = !child_starts_.is_empty() || !newly_quarantined_.empty();
    if (!has_effects) return due;
    const auto held_until = child_starts_.held_until();
    if (!held_until) return Timestamp{};
    hold(held_until);
    return due;
}

/// Where the disk is nearly full, what runs shall still be able to end.
void Loop::look_for_room() {
    const Duration now = clock_.steady();
    if (room_checked_at_ && now - *room_checked_at_ < kRoomCheckInterval) return;
    room_checked_at_ = now;
    const std::uint64_t free = journal_.free_bytes();
    free_bytes_ = free;
    const bool has_room = free >= settings_.free_bytes_min;
    if (has_room_.exchange(has_room) == has_room) return;
    if (has_room) {
        spdlog::info("the journal's disk has room again; runs are started again");
    } else {
        spdlog::error(
            "the journal's disk is nearly full: {} MiB are free, {} are needed; runs that have "
            "begun go on, new ones are refused until there is room",
            free >> 20, settings_.free_bytes_min >> 20);
    }
}

Result<void> Loop::check_room() const {
    if (has_room_) return {};
    return stepwell::fail(ErrorCode::unavailable,
                          "expected " + std::to_string(settings_.free_bytes_min >> 20) +
                              " MiB of free space on the journal's disk, but there is less; "
                              "executions that run go on, new ones are refused");
}

Result<Timestamp> Loop::stop(ExecutionId id, const core::StopExecution& how) {
    auto found = open(id);
    if (!found && quarantined_.contains(id)) return abort_by_record(id, how);
    Slot* slot = SW_TRY(std::move(found));
    if (!slot) {
        const auto row = SW_TRY(journal_.execution(id));
        if (!row) return no_such_execution(id);
        return row->stopped_at.value_or(now_);
    }
    if (slot->execution.is_running()) {
        auto decided = decide(*slot, how);
        if (!decided && quarantined_.contains(id) && drop_undecided(*slot)) {
            return abort_by_record(id, how);
        }
        SW_TRY(std::move(decided));
    }
    return slot->execution.header().stopped_at.value_or(now_);
}

/// Nothing where it still runs, or has ended in this turn.
Result<std::optional<Closed>> Loop::closed(ExecutionId id) {
    if (const Slot* slot = cache_.find(id)) {
        const bool is_stuck = slot->execution.is_running() && quarantined_.contains(id);
        return is_stuck ? Result<std::optional<Closed>>(put_aside_error(id))
                        : std::optional<Closed>();
    }
    const auto row = SW_TRY(journal_.execution(id));
    if (!row) return no_such_execution(id);
    if (row->status == core::Status::running && quarantined_.contains(id)) {
        return put_aside_error(id);
    }
    if (row->status == core::Status::running) return std::optional<Closed>();
    return std::optional<Closed>(SW_TRY(closed_of(journal_, *row)));
}

void Loop::reply_late(Answer<Closed> answer, Result<Closed> result) {
    if (!result) note(result.error());
    if (!answer) return;
    replies_.push_back(
        [answer = std::move(answer), result = std::move(result)](const Error* failure) mutable {
            answer(failure ? Result<Closed>(stepwell::fail(*failure)) : std::move(result));
        });
}

void Loop::note(const Error& error) {
    if (error.code == ErrorCode::io && !trouble_) trouble_ = error;
}

Engine::Statistics Loop::statistics() const {
    Engine::Statistics out;
    out.loaded_executions = loaded_count_;
    out.timers = timer_count_;
    out.quarantined = quarantined_count_;
    out.open_runs = open_count_;
    if (const std::int64_t next = next_timer_ms_; next >= 0) out.next_timer = from_ms(next);
    out.free_bytes = free_bytes_;
    out.free_bytes_min = settings_.free_bytes_min;
    out.turns = turns_;
    out.decisions = decisions_;
    for (std::size_t i = 0; i < commits_.size(); ++i) out.commits.at(i) = commits_.at(i);
    out.commit_micros = commit_micros_;
    out.has_room = has_room_;
    out.is_stalled = is_stalled_;
    return out;
}

}  // namespace stepwell::runtime
