#include "engine/schedule/machine.hpp"

#include <algorithm>

#include "engine/base/json.hpp"

namespace stepwell::schedule {
namespace {

constexpr std::size_t kQueuedMax = 100;
/// Where runs may overlap nobody waits for them: only the newest are kept in mind.
constexpr std::size_t kFreeRunsMax = 100;

bool holds(const std::vector<Timestamp>& fires, Timestamp fire) {
    return std::find(fires.begin(), fires.end(), fire) != fires.end();
}

Json to_json(const std::vector<Timestamp>& fires) {
    Json list = Json::array();
    for (const Timestamp fire : fires) list.push_back(to_ms(fire));
    return list;
}

std::optional<Timestamp> moment_of(const Json* value) {
    if (value == nullptr || !value->is_number_integer()) return std::nullopt;
    return from_ms(value->get<std::int64_t>());
}

std::vector<Timestamp> moments_of(const Json* list) {
    std::vector<Timestamp> moments;
    if (list == nullptr || !list->is_array()) return moments;
    for (const Json& each : *list) {
        if (const auto moment = moment_of(&each)) moments.push_back(*moment);
    }
    return moments;
}

std::vector<FiredRun> runs_of(const Json& list) {
    std::vector<FiredRun> runs;
    if (!list.is_array()) return runs;
    for (const Json& each : list) {
        const auto fire = moment_of(find(each, "fire"));
        const Json* run = find(each, "run");
        if (!fire || run == nullptr || !run->is_number_unsigned()) continue;
        runs.push_back({*fire, ExecutionId{run->get<std::uint64_t>()}});
    }
    return runs;
}

/// One step on its way.
class Turn {
public:
    Turn(ScheduleState state, const Rules& rules) : rules_(rules), step_{std::move(state), {}} {}

    void on(const Tick& tick) {
        const Duration grace = rules_.catchup.grace;
        if (state().considered > tick.now + grace) {
            // Else nothing would fire until the clock is there again. What has started keeps its
            // claim.
            emit(ClockSetBack{state().considered});
            state().considered = tick.now;
            emit(Keep{});
        }
        consider(tick);
        let_go_on();
    }

    void on(const Restarted&) {
        for (const Timestamp fire : state().asked) emit(Ask{fire});
    }

    void on(const Resumed& event) {
        if (state().resumed == event.at) return;
        state().resumed = event.at;
        // A pause that ended in a future that the clock has left again ends now.
        state().considered = std::max(state().considered, std::min(event.at, event.now));
        emit(Keep{});
    }

    void on(const Changed& event) {
        if (state().fingerprint == event.fingerprint) return;
        state().fingerprint = event.fingerprint;
        state().considered = event.now;
        emit(Keep{});
    }

    void on(const Accepted& event) {
        std::erase(state().asked, event.fire);
        const bool is_known = std::any_of(state().running.begin(), state().running.end(),
                                          [&](const auto& each) { return each.id == event.run; });
        if (!is_known) {
            // Two that were asked for at the same time: the older one gives way here.
            if (rules_.overlap == Overlap::cancel_running) stop_runs_before(event.fire);
            state().running.push_back({event.fire, event.run});
            emit(WatchRun{event.run});
        }
        auto& running = state().running;
        if (rules_.overlap == Overlap::allow && running.size() > kFreeRunsMax) {
            running.erase(running.begin());
        }
        emit(Keep{});
    }

    void on(const Refused& event) {
        if (std::erase(state().asked, event.fire) == 0) return;
        emit(WriteOff{event.fire, event.reason});
        emit(Keep{});
    }

    void on(const Closed& event) {
        // Not worth a write of its own: after a restart the run is looked at again.
        std::erase_if(state().running, [&](const auto& each) { return each.id == event.run; });
    }

    Step take() && { return std::move(step_); }

private:
    ScheduleState& state() { return step_.next; }
    void emit(ScheduleEffect effect) { step_.effects.push_back(std::move(effect)); }

    void consider(const Tick& tick) {
        const Timestamp before = state().considered;
        const Due due = schedule::due(rules_.schedule, rules_.catchup, before, tick.now);
        if (due.considered == before) return;
        state().considered = due.considered;
        if (due.skipped > 0) emit(Missed{before, due.considered, due.skipped});
        for (const Timestamp fire : due.fires) take_fire(fire, tick);
        emit(Keep{});
    }

    void take_fire(Timestamp fire, const Tick& tick) {
        // After a crash, or when the clock was set back, a fire comes up again.
        if (holds(state().asked, fire) || holds(state().queued, fire)) return;
        if (tick.is_taken && tick.is_taken(fire)) return;
        // None was taken for long: a full disk, a paused workflow.
        if (state().asked.size() >= rules_.catchup.fires_max) {
            return emit(WriteOff{fire, "too_many_waiting"});
        }
        switch (rules_.overlap) {
            case Overlap::allow:
                return ask(fire);
            case Overlap::skip:
                if (state().is_busy()) return emit(WriteOff{fire, "overlap"});
                return ask(fire);
            case Overlap::cancel_running:
                stop_runs_before(fire);
                return ask(fire);
            case Overlap::queue:
                if (state().queued.size() >= kQueuedMax) return emit(WriteOff{fire, "queue_full"});
                state().queued.push_back(fire);
                return;
        }
    }

    void ask(Timestamp fire) {
        state().asked.push_back(fire);
        emit(Ask{fire});
    }

    void let_go_on() {
        if (state().queued.empty() || state().is_busy()) return;
        const Timestamp fire = state().queued.front();
        state().queued.erase(state().queued.begin());
        ask(fire);
        emit(Keep{});
    }

    void stop_runs_before(Timestamp fire) {
        for (const FiredRun& run : state().running) {
            if (run.fire < fire && value_of(run.id) != 0) emit(StopRun{run.id});
        }
    }

    const Rules& rules_;
    Step step_;
};

}  // namespace

std::string ScheduleState::text() const {
    Json runs = Json::array();
    for (const FiredRun& run : running) {
        runs.push_back({{"fire", to_ms(run.fire)}, {"run", value_of(run.id)}});
    }
    return to_text(Json{{"fingerprint", fingerprint},
                        {"considered_at", to_ms(considered)},
                        {"resumed_at", to_ms(resumed)},
                        {"asked", to_json(asked)},
                        {"queued", to_json(queued)},
                        {"running", std::move(runs)}});
}

std::optional<ScheduleState> ScheduleState::parse(const std::string& text) {
    const auto document = parse_json(text);
    if (!document) return std::nullopt;
    const auto considered = moment_of(find(*document, "considered_at"));
    if (!considered) return std::nullopt;
    ScheduleState state;
    state.fingerprint = string_or(*document, "fingerprint", "");
    state.considered = *considered;
    state.resumed = moment_of(find(*document, "resumed_at")).value_or(Timestamp{});
    state.asked = moments_of(find(*document, "asked"));
    state.queued = moments_of(find(*document, "queued"));
    const Json* running = find(*document, "running");
    state.is_without_runs = running == nullptr;
    if (running != nullptr) state.running = runs_of(*running);
    return state;
}

Step step(ScheduleState state, const Rules& rules, const ScheduleEvent& event) {
    Turn turn(std::move(state), rules);
    std::visit([&](const auto& what) { turn.on(what); }, event);
    return std::move(turn).take();
}

ScheduleState with_accepted(ScheduleState state, Timestamp fire) {
    if (std::erase(state.asked, fire) > 0) state.running.push_back({fire, ExecutionId{0}});
    return state;
}

bool is_due(const ScheduleState& state, const CatchupPolicy& policy, std::optional<Timestamp> next,
            Timestamp now) {
    return (next && *next <= now) || state.considered > now + policy.grace;
}

}  // namespace stepwell::schedule
