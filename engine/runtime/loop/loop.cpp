#include "engine/runtime/loop/loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/runtime/pause.hpp"
#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

/// Timers that fire, and executions whose tasks are restarted, in one turn.
constexpr std::size_t kTimersPerTurnMax = 2'048;
constexpr std::size_t kRestartsPerTurnMax = 256;
constexpr Duration kRoomCheckInterval{1'000};
/// Before a timer is tried again whose execution could not be read just now.
constexpr Duration kReadPause{1'000};

Failure<Error> no_such_execution(ExecutionId id) {
    return fail(ErrorCode::not_found, "expected an execution with the number " +
                                          std::to_string(value_of(id)) + ", but there is none");
}

Started started_of(const core::Execution& execution) {
    const core::Facts& facts = execution.facts();
    return {execution.id(), facts.arn, facts.name, facts.started_at, false};
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
    auto status = catalog_.apply(message, batch_);
    if (status && status->is_changed) changed_workflows_.push_back(message.spec.name);
    reply(message.answer, std::move(status));
}

void Loop::on(const UpdateWorkflow& message) {
    auto status = catalog_.apply(message, batch_);
    if (status && status->is_changed) changed_workflows_.push_back(message.name);
    reply(message.answer, std::move(status));
}

void Loop::on(const DeleteWorkflow& message) {
    auto done = catalog_.apply(message, batch_);
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
        Slot* slot = SW_TRY(open(message.id));
        if (!slot || quarantined_.contains(message.id)) return no_such_execution(message.id);
        SW_TRY(check_outsider(*slot, message.input));
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
    auto done = ledger_.check(message.writes.documents, message.writes.claims);
    if (done) {
        ledger_.add(message.writes.documents, message.writes.claims, ExecutionId{0}, now_, batch_);
        add_notices(message.writes.notices);
    }
    reply(message.answer, std::move(done));
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
                                   row->last_chunk == last_chunk && !cache_.find(id);
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
    const bool has_started =
        frame && frame->attempt == token.attempt && frame->phase == core::Phase::awaiting_task;
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
    std::optional<Timestamp> due;
    if (const auto timer = timers_.next()) due = time_.on_the_wall(*timer);
    const bool has_effects = !child_starts_.is_empty() || !newly_quarantined_.empty();
    if (!has_effects) return due;
    const auto held_until = child_starts_.held_until();
    if (!held_until) return Timestamp{};
    const Timestamp released = clock_.now() + (*held_until - clock_.steady());
    return due ? std::min(*due, released) : released;
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

Result<Started> Loop::start(const StartRequest& request) {
    if (auto before = SW_TRY(started_by_claims(request))) return *std::move(before);
    LoadedVersionPtr version = SW_TRY(catalog_.find(request.workflow, request.version));
    if (request.name && !version->is_express()) {
        auto there = SW_TRY(existing(request, *version));
        if (there) return *std::move(there);
    }
    SW_TRY(check_room());
    SW_TRY(check_pause(request));
    SW_TRY(ledger_.check(request.documents, request.claims));
    return begin(request, std::move(version));
}

Result<void> Loop::check_pause(const StartRequest& request) {
    if (request.origin != "schedule" && request.origin != "file") return {};
    const auto pause = pause_in(SW_TRY(journal_.document(kPaused, request.workflow)), now_);
    if (!pause) return {};
    return stepwell::fail(ErrorCode::unavailable,
                          "expected workflow '" + request.workflow +
                              "' to start by itself, but it is paused" +
                              (pause->until ? " until " + to_iso8601(*pause->until) : "") +
                              (pause->note.empty() ? "" : ": " + pause->note));
}

/// What the request's claims have started before, where one execution holds all of them.
Result<std::optional<Started>> Loop::started_by_claims(const StartRequest& request) {
    std::optional<ExecutionId> holder;
    for (const journal::Claim& claim : request.claims) {
        const auto by = SW_TRY(ledger_.holder(claim));
        const bool is_first = &claim == &request.claims.front();
        if (!is_first && by != holder) return std::optional<Started>();
        holder = by;
    }
    if (!holder || value_of(*holder) == 0) return std::optional<Started>();
    if (request.claims_are_exact) SW_TRY(check_same_start(*holder, request));
    return std::optional(SW_TRY(started_before(*holder)));
}

/// What has been removed since is taken for the same.
Result<void> Loop::check_same_start(ExecutionId id, const StartRequest& request) {
    const auto is_same = [&](const core::Facts& facts) {
        return facts.workflow_name == request.workflow && facts.input == request.input;
    };
    bool is_good = true;
    if (const Slot* slot = SW_TRY(open(id))) {
        is_good = is_same(slot->execution.facts());
    } else if (const auto row = SW_TRY(journal_.execution(id))) {
        is_good = is_same(*SW_TRY(facts_of(journal_, *row)));
    }
    if (is_good) return {};
    return stepwell::fail(ErrorCode::conflict,
                          "expected the same workflow and input as before: run " +
                              std::to_string(value_of(id)) + " was started under that key");
}

Result<Started> Loop::started_before(ExecutionId id) {
    if (const Slot* slot = SW_TRY(open(id))) return started_of(slot->execution);
    const auto row = SW_TRY(journal_.execution(id));
    if (!row) return Started{id, "", "", {}, false};  // long ended, and removed since
    const auto facts = SW_TRY(facts_of(journal_, *row));
    return Started{id, facts->arn, facts->name, row->started_at, false};
}

/// Whoever has the name: it was given it, or it was made for it.
Result<std::optional<journal::ExecutionRecord>> Loop::holder_of(WorkflowId workflow,
                                                                const std::string& name) {
    if (auto named = SW_TRY(journal_.execution_named(workflow, name))) return named;
    const auto id = names_.id_of(name);
    if (!id) return std::optional<journal::ExecutionRecord>();
    auto made = SW_TRY(journal_.execution(*id));
    const bool has_it = made && made->name.empty() && made->workflow == workflow;
    if (!has_it) made.reset();
    return made;
}

Result<std::optional<Started>> Loop::existing(const StartRequest& request,
                                              const LoadedVersion& version) {
    const auto clash = [&] {
        return stepwell::fail(ErrorCode::conflict,
                              "Execution Already Exists: '" +
                                  execution_arn_of(version.workflow.arn, *request.name) + "'");
    };
    std::optional<ExecutionId> id;
    const auto in_turn = names_started_.find({version.workflow.id, *request.name});
    if (in_turn != names_started_.end()) {
        id = in_turn->second;
    } else if (auto row = SW_TRY(holder_of(version.workflow.id, *request.name))) {
        id = row->id;
        if (row->status != core::Status::running) {
            if (!request.adopts_existing) return clash();
            const auto facts = SW_TRY(facts_of(journal_, *row));
            if (!(facts->input == request.input)) return clash();
            return std::optional(Started{row->id, facts->arn, facts->name, row->started_at, false});
        }
    }
    if (!id) return std::optional<Started>();
    const Slot* slot = SW_TRY(open(*id));
    if (!slot || !(slot->execution.facts().input == request.input)) return clash();
    const bool is_wanted = slot->execution.is_running() || request.adopts_existing;
    if (!is_wanted) return clash();
    return std::optional(started_of(slot->execution));
}

Result<Started> Loop::begin(const StartRequest& request, LoadedVersionPtr version) {
    if (poisonous_versions_.contains(version->id)) return poisonous_error(*version);
    const ExecutionId id = next_execution_;
    const std::string generated = names_.name_of(id);
    const journal::WorkflowRecord& workflow = version->workflow;

    core::StartExecution input;
    input.name = request.name.value_or(generated);
    input.arn = version->is_express() ? express_arn_of(workflow.arn, input.name, generated)
                                      : execution_arn_of(workflow.arn, input.name);
    input.workflow_arn = workflow.arn;
    input.workflow_name = workflow.name;
    input.role_arn = version->role_arn;
    input.version_arn = request.version_arn;
    input.alias_arn = request.alias_arn;
    input.input = request.input;

    auto slot = std::make_unique<Slot>(id);
    slot->given_name = version->is_express() ? "" : request.name.value_or("");
    slot->version = std::move(version);
    slot->origin = request.origin;
    slot->principal = request.principal;
    // Not in the cache before it is decided: where that fails, nobody will have seen it.
    SW_TRY(decide(*slot, input));
    next_execution_ = static_cast<ExecutionId>(value_of(id) + 1);
    ledger_.add(request.documents, request.claims, id, now_, batch_);
    const Slot& kept = cache_.add(std::move(slot));
    if (!kept.given_name.empty()) {
        names_started_[{kept.version->workflow.id, kept.given_name}] = id;
    }
    Started started = started_of(kept.execution);
    started.is_new = true;
    return started;
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
