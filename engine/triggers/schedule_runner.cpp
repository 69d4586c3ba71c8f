#include "engine/triggers/schedule_runner.hpp"

#include <algorithm>

namespace stepwell::triggers {
namespace {

using Overlap = definition::ScheduleSpec::Overlap;

constexpr std::size_t kQueuedMax = 100;
/// Of a schedule's newest runs, those that may still go on after a restart.
constexpr std::size_t kRunsLookedAt = 50;

Timestamp time_member(const Json& object, std::string_view name) {
    const Json* value = find(object, name);
    return value && value->is_number_integer() ? from_ms(value->get<std::int64_t>()) : Timestamp{};
}

}  // namespace

std::string ScheduleState::text() const {
    Json out{{"fingerprint", fingerprint}, {"considered_at", to_ms(considered)}};
    for (const Timestamp fire : queued) out["queued"].push_back(to_ms(fire));
    return to_text(out);
}

std::optional<ScheduleState> ScheduleState::parse(const std::string& text) {
    const auto document = parse_json(text);
    if (!document) return std::nullopt;
    ScheduleState state;
    state.fingerprint = string_or(*document, "fingerprint", "");
    state.considered = time_member(*document, "considered_at");
    const Json* queued = find(*document, "queued");
    if (queued && queued->is_array()) {
        for (const Json& fire : *queued) {
            if (fire.is_number_integer()) state.queued.push_back(from_ms(fire.get<std::int64_t>()));
        }
    }
    return state;
}

std::string SchedulePause::text() const {
    return to_text(Json{{"paused", is_paused}, {"at", to_ms(at)}});
}

SchedulePause SchedulePause::parse(const std::string& text) {
    const auto document = parse_json(text);
    if (!document) return {};
    const Json* paused = find(*document, "paused");
    return {paused && paused->is_boolean() && paused->get<bool>(), time_member(*document, "at")};
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
                               std::shared_ptr<Mailbox> mailbox)
    : engine_(engine),
      reader_(reader),
      starts_(starts),
      mailbox_(std::move(mailbox)),
      self_(std::make_shared<ScheduleRunner*>(this)) {}

ScheduleRunner::~ScheduleRunner() {
    *self_ = nullptr;
}

Result<void> ScheduleRunner::load(const std::vector<WorkflowPlan>& plans, Timestamp now) {
    Entries entries;
    for (const WorkflowPlan& plan : plans) {
        for (const definition::ScheduleSpec& spec : plan.starts.schedules) {
            const std::string id = id_of(plan.workflow, spec.name);
            const auto old = entries_.find(id);
            const bool is_same = old != entries_.end() &&
                                 fingerprint_of(old->second.spec.when) == fingerprint_of(spec.when);
            Entry entry = is_same ? old->second : SW_TRY(make(id, plan.workflow, spec, now));
            entry.spec = spec;
            entry.schedule = SW_TRY(schedule::Schedule::make(spec.when));
            entry.next = entry.schedule->next_fire(entry.state.considered);
            entries.emplace(id, std::move(entry));
        }
    }
    entries_ = std::move(entries);
    return load_pauses();
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
    const auto kept = SW_TRY(reader_.document(kSchedules, id));
    const auto state = kept ? ScheduleState::parse(*kept) : std::nullopt;
    if (state && state->fingerprint == entry.state.fingerprint) {
        entry.state = *state;
    } else {
        save(id, entry, {});  // from here on it can be missed
    }
    if (spec.overlap != Overlap::allow) SW_TRY(find_running(id, entry));
    return entry;
}

Result<void> ScheduleRunner::find_running(const std::string& id, Entry& entry) {
    journal::ClaimQuery query;
    query.source = schedule_source(id);
    query.limit = kRunsLookedAt;
    for (const auto& listed : SW_TRY(reader_.claims(query))) {
        const ExecutionId run = listed.record.execution;
        if (value_of(run) == 0) continue;
        const auto found = reader_.describe(run);
        if (!found || found->summary.status != core::Status::running) continue;
        entry.running.insert(run);
        watch_end(id, run);
    }
    return {};
}

Result<void> ScheduleRunner::load_pauses() {
    for (auto& [id, entry] : entries_) {
        const auto kept = SW_TRY(reader_.document(kPauses, id));
        const SchedulePause pause = kept ? SchedulePause::parse(*kept) : SchedulePause{};
        entry.is_paused = pause.is_paused || !entry.spec.is_enabled;
        // What fell into a pause is not made up for.
        if (pause.at > entry.state.considered) {
            entry.state.considered = pause.at;
            entry.next = entry.schedule->next_fire(pause.at);
        }
    }
    return {};
}

void ScheduleRunner::tick(Timestamp now) {
    for (auto& [id, entry] : entries_) {
        if (!entry.is_paused && entry.next && *entry.next <= now) consider(id, entry, now);
        if (!entry.is_paused) pump(id, entry);
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

void ScheduleRunner::consider(const std::string& id, Entry& entry, Timestamp now) {
    const auto due =
        schedule::due(*entry.schedule, entry.spec.catchup, entry.state.considered, now);
    entry.state.considered = due.considered;
    entry.next = entry.schedule->next_fire(due.considered);
    for (const Timestamp fire : due.fires) take_fire(id, entry, fire);
    if (due.fires.empty()) save(id, entry, {});
}

void ScheduleRunner::take_fire(const std::string& id, Entry& entry, Timestamp fire) {
    // After a crash a fire may be considered again; what it did must not count as in its way.
    const auto taken = reader_.claim(schedule_source(id), to_iso8601(fire));
    if (taken && *taken) return;
    // The engine has taken none for long: a full disk, a paused workflow.
    if (entry.starting.size() >= entry.spec.catchup.fires_max) {
        return skip(id, entry, fire, "too_many_waiting");
    }
    switch (entry.spec.overlap) {
        case Overlap::allow:
            return start(id, entry, fire);
        case Overlap::skip:
            return entry.is_busy() ? skip(id, entry, fire, "overlap") : start(id, entry, fire);
        case Overlap::cancel_running:
            stop_running(entry, id);
            return start(id, entry, fire);
        case Overlap::queue:
            if (entry.state.queued.size() >= kQueuedMax) {
                return skip(id, entry, fire, "queue_full");
            }
            entry.state.queued.push_back(fire);
            return save(id, entry, {});
    }
}

void ScheduleRunner::pump(const std::string& id, Entry& entry) {
    if (entry.state.queued.empty() || entry.is_busy()) return;
    const Timestamp fire = entry.state.queued.front();
    entry.state.queued.erase(entry.state.queued.begin());
    start(id, entry, fire);
}

void ScheduleRunner::start(const std::string& id, Entry& entry, Timestamp fire) {
    ScheduleState state = entry.state;
    // What the engine has not taken yet must be found again after a crash.
    if (!entry.starting.empty()) {
        state.considered = std::min(state.considered, *entry.starting.begin() - Duration(1));
    }
    entry.starting.insert(fire);
    runtime::StartRequest request;
    request.workflow = entry.workflow;
    request.origin = "schedule";
    request.input = Payload(schedule_input(entry.spec, *entry.schedule, fire));
    request.claims.push_back({schedule_source(id), to_iso8601(fire),
                              to_text(Json{{"scheduled_time", entry.schedule->local_time(fire)}})});
    request.documents.push_back({kSchedules, id, state.text()});
    starts_.add(std::move(request), [this, id, fire](const Result<runtime::Started>& started) {
        const auto found = entries_.find(id);
        if (found == entries_.end()) return;
        found->second.starting.erase(fire);
        if (!started) return;
        found->second.running.insert(started->id);
        watch_end(id, started->id);
    });
}

void ScheduleRunner::skip(const std::string& id, Entry& entry, Timestamp fire,
                          const std::string& why) {
    save(id, entry, {{schedule_source(id), to_iso8601(fire), to_text(Json{{"skipped", why}})}});
}

void ScheduleRunner::stop_running(const Entry& entry, const std::string& id) {
    for (const ExecutionId run : entry.running) {
        engine_.stop_execution(
            run, {"Stepwell.Replaced", "the schedule '" + id + "' has started a newer run"},
            [](const Result<Timestamp>&) {});
    }
}

void ScheduleRunner::save(const std::string& id, const Entry& entry,
                          std::vector<journal::Claim> claims) {
    runtime::Writes writes;
    writes.documents.push_back({kSchedules, id, entry.state.text()});
    writes.claims = std::move(claims);
    // Where it is refused, the next fire writes it again; until then a crash repeats the decision.
    engine_.write(std::move(writes), [](const Result<void>&) {});
}

void ScheduleRunner::watch_end(const std::string& id, ExecutionId run) {
    engine_.when_closed(
        run, [mailbox = mailbox_, self = self_, id, run](const Result<runtime::Closed>&) {
            mailbox->post([self, id, run] {
                if (*self == nullptr) return;
                const auto found = (*self)->entries_.find(id);
                if (found != (*self)->entries_.end()) found->second.running.erase(run);
            });
        });
}

}  // namespace stepwell::triggers
