#include "engine/triggers/schedule_runner.hpp"

#include <algorithm>
#include <utility>

namespace stepwell::triggers {
namespace {

/// Of a schedule's claims, those among which a document of an old release looks for its runs.
constexpr std::size_t kClaimsLookedAt = 10'000;
/// Before what the engine has refused is repeated.
constexpr Duration kRepeatPause{1'000};

}  // namespace

std::string SchedulePause::text() const {
    return to_text(Json{{"paused", is_paused}, {"at", to_ms(at)}});
}

SchedulePause SchedulePause::parse(const std::string& text) {
    const auto document = parse_json(text);
    if (!document) return {};
    const Json* paused = find(*document, "paused");
    return {paused && paused->is_boolean() && paused->get<bool>(),
            time_in(*document, "at").value_or(Timestamp{})};
}

std::string fingerprint_of(const schedule::ScheduleText& text) {
    return std::to_string(static_cast<int>(text.kind)) + " " + text.text + " " + text.timezone;
}

Json schedule_input(const definition::ScheduleSpec& spec, const schedule::Schedule& schedule,
                    Timestamp fire) {
    const Json values{{"scheduled_date", schedule.local_date(fire)},
                      {"scheduled_time", schedule.local_time(fire)}};
    Json input = definition::with_placeholders(spec.input, values);
    input["schedule"] = values;
    input["schedule"]["name"] = spec.name;
    input["schedule"]["timezone"] = spec.when.timezone;
    return input;
}

ScheduleRunner::ScheduleRunner(runtime::Engine& engine, runtime::Reader& reader, StartQueue& starts,
                               std::shared_ptr<Mailbox> mailbox, Log log)
    : engine_(engine),
      reader_(reader),
      starts_(starts),
      mailbox_(std::move(mailbox)),
      log_(std::move(log)),
      self_(std::make_shared<ScheduleRunner*>(this)) {}

ScheduleRunner::~ScheduleRunner() {
    *self_ = nullptr;
}

Result<void> ScheduleRunner::load(const std::vector<WorkflowPlan>& plans, Timestamp now) {
    Entries entries;
    std::vector<std::string> fresh;
    for (const WorkflowPlan& plan : plans) {
        for (const definition::ScheduleSpec& spec : plan.starts.schedules) {
            const std::string id = id_of(plan.workflow, spec.name);
            const auto old = entries_.find(id);
            const bool is_known = old != entries_.end();
            if (!is_known) fresh.push_back(id);
            Entry entry = is_known ? old->second : SW_TRY(make(id, plan.workflow, spec, now));
            entry.spec = spec;
            entry.schedule = SW_TRY(schedule::Schedule::make(spec.when));
            entries.emplace(id, std::move(entry));
        }
    }
    entries_ = std::move(entries);
    for (auto& [id, entry] : entries_) {
        feed(id, entry, schedule::Changed{fingerprint_of(entry.spec.when), now});
    }
    for (const std::string& id : fresh) {
        Entry& entry = entries_.at(id);
        feed(id, entry, schedule::Restarted{});
        for (const schedule::FiredRun& run : entry.state.running) watch(id, run.id);
    }
    return load_pauses(now);
}

Result<ScheduleRunner::Entry> ScheduleRunner::make(const std::string& id,
                                                   const std::string& workflow,
                                                   const definition::ScheduleSpec& spec,
                                                   Timestamp now) {
    Entry entry;
    entry.workflow = workflow;
    entry.spec = spec;
    entry.state.fingerprint = fingerprint_of(spec.when);
    entry.state.considered = now;
    entry.is_unkept = true;  // from here on it can be missed
    const auto kept = SW_TRY(reader_.document(kSchedules, id));
    auto state = kept ? schedule::ScheduleState::parse(*kept) : std::nullopt;
    if (!state) return entry;
    entry.state = *std::move(state);
    entry.is_unkept = entry.state.is_without_runs;
    if (entry.state.is_without_runs) SW_TRY(find_runs_of_old_release(id, entry));
    SW_TRY(find_runs(id, entry));
    return entry;
}

/// Up to the newest run that goes on: with `skip` and `queue` there is no other.
Result<void> ScheduleRunner::find_runs_of_old_release(const std::string& id, Entry& entry) {
    entry.state.is_without_runs = false;
    if (entry.spec.overlap == schedule::Overlap::allow) return {};
    journal::ClaimQuery query;
    query.source = schedule_source(id);
    query.limit = kClaimsLookedAt;
    for (const auto& listed : SW_TRY(reader_.claims(query))) {
        const ExecutionId run = listed.record.execution;
        if (value_of(run) == 0) continue;
        const auto found = reader_.describe(run);
        if (!found || found->summary.status != core::Status::running) continue;
        const auto fire = parse_rfc3339(listed.record.claim.key);
        entry.state.running.push_back({fire ? from_ms(fire->seconds * 1000) : Timestamp{}, run});
        if (entry.spec.overlap != schedule::Overlap::cancel_running) break;
    }
    return {};
}

/// Tells the numbers of runs whose start wrote the state. Whether they go on is asked then.
Result<void> ScheduleRunner::find_runs(const std::string& id, Entry& entry) {
    for (schedule::FiredRun& run : entry.state.running) {
        if (value_of(run.id) != 0) continue;
        const auto claim = SW_TRY(reader_.claim(schedule_source(id), to_iso8601(run.fire)));
        if (claim) run.id = claim->execution;
    }
    std::erase_if(entry.state.running, [](const auto& run) { return value_of(run.id) == 0; });
    return {};
}

Result<void> ScheduleRunner::load_pauses(Timestamp now) {
    for (auto& [id, entry] : entries_) {
        const auto kept = SW_TRY(reader_.document(kPauses, id));
        const SchedulePause pause = kept ? SchedulePause::parse(*kept) : SchedulePause{};
        entry.is_paused = pause.is_paused || !entry.spec.is_enabled;
        if (kept) feed(id, entry, schedule::Resumed{pause.at, now});
        entry.next = entry.schedule->next_fire(entry.state.considered);
    }
    return {};
}

void ScheduleRunner::tick(Timestamp now) {
    now_ = now;
    const bool is_pause = now < again_ && again_ - now <= kRepeatPause;
    if (!is_pause) {
        for (const auto& [id, run] : std::exchange(unwatched_, {})) watch(id, run);
    }
    for (auto& [id, entry] : entries_) {
        const bool is_due = schedule::is_due(entry.state, entry.spec.catchup, entry.next, now);
        const bool is_waiting = !entry.state.queued.empty() && !entry.state.is_busy();
        if (!entry.is_paused && (is_due || is_waiting)) {
            feed(id, entry,
                 schedule::Tick{now, [&, id = id](Timestamp fire) { return is_taken(id, fire); }});
        }
        if (entry.is_unkept && !is_pause) keep(id, entry);
    }
}

std::optional<Timestamp> ScheduleRunner::next() const {
    std::optional<Timestamp> first;
    for (const auto& [id, entry] : entries_) {
        if (entry.is_paused || !entry.next) continue;
        if (!first || *entry.next < *first) first = entry.next;
    }
    return first;
}

void ScheduleRunner::feed(const std::string& id, Entry& entry,
                          const schedule::ScheduleEvent& event) {
    const schedule::Rules rules{*entry.schedule, entry.spec.catchup, entry.spec.overlap};
    const Timestamp before = entry.state.considered;
    auto made = schedule::step(std::move(entry.state), rules, event);
    entry.state = std::move(made.next);
    if (entry.state.considered != before || !entry.next) {
        entry.next = entry.schedule->next_fire(entry.state.considered);
    }
    for (const schedule::ScheduleEffect& effect : made.effects) {
        std::visit([&](const auto& what) { carry_out(id, entry, what); }, effect);
    }
}

void ScheduleRunner::feed(const std::string& id, const schedule::ScheduleEvent& event) {
    const auto found = entries_.find(id);
    if (found != entries_.end()) feed(id, found->second, event);
}

void ScheduleRunner::carry_out(const std::string& id, Entry& entry, const schedule::Ask& effect) {
    const Timestamp fire = effect.fire;
    runtime::StartRequest request;
    request.workflow = entry.workflow;
    request.origin = "schedule";
    request.input = Payload(schedule_input(entry.spec, *entry.schedule, fire));
    request.claims.push_back({schedule_source(id), to_iso8601(fire),
                              to_text(Json{{"scheduled_time", entry.schedule->local_time(fire)}})});
    starts_.add(
        std::move(request),
        [this, id, fire](const Result<runtime::Started>& result) { started(id, fire, result); },
        [this, id, fire](runtime::StartRequest& sent) {
            // As it is now: a state of the time when it was first asked for would forget others.
            const auto found = entries_.find(id);
            sent.documents.clear();
            if (found == entries_.end()) return;
            const auto state = schedule::with_accepted(found->second.state, fire);
            sent.documents.push_back({kSchedules, id, state.text()});
        });
}

void ScheduleRunner::carry_out(const std::string& id, Entry& entry,
                               const schedule::WriteOff& effect) {
    entry.claims.push_back(
        {schedule_source(id), to_iso8601(effect.fire), to_text(Json{{"skipped", effect.reason}})});
}

void ScheduleRunner::carry_out(const std::string& id, Entry& /*entry*/,
                               const schedule::StopRun& effect) {
    engine_.stop_execution(
        effect.run, {"Stepwell.Replaced", "the schedule '" + id + "' has started a newer run"},
        [](const Result<Timestamp>&) {});
}

void ScheduleRunner::carry_out(const std::string& id, Entry& /*entry*/,
                               const schedule::WatchRun& effect) {
    watch(id, effect.run);
}

void ScheduleRunner::carry_out(const std::string& id, Entry& /*entry*/,
                               const schedule::Missed& effect) {
    log_("schedule " + id + ": " + std::to_string(effect.count) + " fires after " +
         to_iso8601(effect.after) + " and up to " + to_iso8601(effect.until) +
         " were missed and are not made up for");
}

void ScheduleRunner::carry_out(const std::string& id, Entry& /*entry*/,
                               const schedule::ClockSetBack& effect) {
    log_("schedule " + id + ": the clock was set back from " + to_iso8601(effect.from) +
         "; fires after now count again, those that have started a run start none");
}

void ScheduleRunner::carry_out(const std::string& /*id*/, Entry& entry,
                               const schedule::Keep& /*effect*/) {
    entry.is_unkept = true;
}

bool ScheduleRunner::is_taken(const std::string& id, Timestamp fire) const {
    const auto taken = reader_.claim(schedule_source(id), to_iso8601(fire));
    return taken && *taken;
}

void ScheduleRunner::started(const std::string& id, Timestamp fire,
                             const Result<runtime::Started>& started) {
    if (started) return feed(id, schedule::Accepted{fire, started->id});
    log_("schedule " + id + ": the fire of " + to_iso8601(fire) +
         " starts nothing: " + started.error().message);
    feed(id, schedule::Refused{
                 fire, started.error().code == ErrorCode::not_found ? "no_workflow" : "refused"});
}

void ScheduleRunner::keep(const std::string& id, Entry& entry) {
    entry.is_unkept = false;
    runtime::Writes writes;
    writes.documents.push_back({kSchedules, id, entry.state.text()});
    writes.claims = std::exchange(entry.claims, {});
    auto claims = writes.claims;
    engine_.write(std::move(writes), [mailbox = mailbox_, self = self_, id,
                                      claims = std::move(claims)](const Result<void>& done) {
        if (done) return;
        mailbox->post([self, id, claims, done] {
            if (*self != nullptr) (*self)->kept(id, claims, done);
        });
    });
}

/// A write that was refused is written again after a pause; claims that are taken meanwhile
/// say already what became of their fires.
void ScheduleRunner::kept(const std::string& id, std::vector<journal::Claim> claims,
                          const Result<void>& done) {
    const auto found = entries_.find(id);
    if (done || found == entries_.end()) return;
    std::erase_if(claims, [&](const journal::Claim& claim) {
        const auto taken = reader_.claim(claim.source, claim.key);
        return taken && *taken;
    });
    Entry& entry = found->second;
    entry.claims.insert(entry.claims.begin(), claims.begin(), claims.end());
    entry.is_unkept = true;
    again_ = now_ + kRepeatPause;
}

void ScheduleRunner::watch(const std::string& id, ExecutionId run) {
    engine_.when_closed(
        run, [mailbox = mailbox_, self = self_, id, run](const Result<runtime::Closed>& closed) {
            mailbox->post([self, id, run, closed] {
                if (*self != nullptr) (*self)->watched(id, run, closed);
            });
        });
}

/// Not to be told is not to have ended: only of what is gone nothing more can come.
void ScheduleRunner::watched(const std::string& id, ExecutionId run,
                             const Result<runtime::Closed>& closed) {
    const bool is_over = closed || closed.error().code == ErrorCode::not_found;
    if (is_over) return feed(id, schedule::Closed{run});
    unwatched_.emplace_back(id, run);
    again_ = now_ + kRepeatPause;
}

}  // namespace stepwell::triggers
