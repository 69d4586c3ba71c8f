#include "api/home/home.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "api/home/queued.hpp"
#include "api/triggers/views.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kRunsCounted = 50'000;
constexpr std::size_t kWorstNamed = 3;
constexpr std::array<const char*, 7> kTiles{"failed",  "late",      "running", "queued",
                                            "waiting", "succeeded", "stopped"};

struct Going {
    runtime::ExecutionSummary run;
    DigestPtr digest;  // null: not looked at
    Quantiles usual;
    Duration elapsed{};
    Json queued;  // null: it is not

    [[nodiscard]] bool is_late() const { return usual.count > 0 && elapsed > usual.p95; }
    [[nodiscard]] bool is_waiting() const {
        return digest && !digest->open.empty() &&
               std::all_of(digest->open.begin(), digest->open.end(),
                           [](const OpenState& state) { return state.due.has_value(); });
    }
    /// Far over its usual comes first; those without a usual by their age.
    [[nodiscard]] double weight() const {
        const double usual_ms = usual.count > 0 ? static_cast<double>(usual.p50.count()) : 0;
        return static_cast<double>(elapsed.count()) - usual_ms;
    }
};

class Tile {
public:
    explicit Tile(const Intervals& intervals) : bars_(intervals.zeros()) {}
    void add(const runtime::ExecutionSummary& run, const Intervals& intervals) {
        ++count_;
        ++bars_[intervals.of(run.started_at)];
        ++workflows_[run.workflow_name];
    }
    [[nodiscard]] Json view() const {
        std::vector<std::pair<std::string, std::size_t>> sorted(workflows_.begin(),
                                                                workflows_.end());
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
        Json worst = Json::array();
        for (const auto& [workflow, count] : sorted) {
            if (worst.size() == kWorstNamed) break;
            worst.push_back({{"workflow", workflow}, {"count", count}});
        }
        return {{"count", count_}, {"bars", bars_}, {"worst", std::move(worst)}};
    }

private:
    std::size_t count_ = 0;
    std::vector<std::uint64_t> bars_;
    std::map<std::string, std::size_t> workflows_;
};

std::string tile_of(core::Status status) {
    switch (status) {
        case core::Status::failed:
        case core::Status::timed_out:
            return "failed";
        case core::Status::aborted:
            return "stopped";
        case core::Status::succeeded:
            return "succeeded";
        case core::Status::running:
            return "running";
    }
    return "running";
}

std::string outcome_of(core::Status status) {
    std::string name = core::name_of(status);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name;
}

/// Runs that go on, whenever they began; the longest over their usual first.
Result<std::vector<Going>> going(Histories& histories, const HomeQuery& query) {
    std::vector<Going> all;
    std::map<std::string, Quantiles> usual;
    for (auto& run :
         SW_TRY(newest_runs(histories.reader(), {}, core::Status::running, query.running))) {
        if (usual.count(run.workflow_name) == 0) {
            const auto known = usual_of(histories, run.workflow_name);
            usual[run.workflow_name] = known ? known->run : Quantiles{};
        }
        Going one;
        one.usual = usual.at(run.workflow_name);
        one.elapsed = query.now - run.started_at;
        if (query.gate) one.queued = queued_view(*query.gate, run);
        one.digest = SW_TRY(histories.digest(run));
        one.run = std::move(run);
        all.push_back(std::move(one));
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Going& a, const Going& b) { return a.weight() > b.weight(); });
    return all;
}

Json going_view(const Going& one) {
    Json open = Json::array();
    if (one.digest) {
        for (const OpenState& state : one.digest->open) {
            open.push_back({{"place", state.place},
                            {"since", to_iso8601(state.entered_at)},
                            {"due", state.due ? Json(to_iso8601(*state.due)) : Json()}});
        }
    }
    return {{"id", value_of(one.run.id)},
            {"name", one.run.name},
            {"workflow", one.run.workflow_name},
            {"started_at", to_iso8601(one.run.started_at)},
            {"elapsed_ms", one.elapsed.count()},
            {"usual", to_json(one.usual)},
            {"late", one.is_late()},
            {"waiting", one.is_waiting()},
            {"queued", one.queued},
            {"open", std::move(open)}};
}

using Tiles = std::map<std::string, Tile>;

Json tiles_view(const Tiles& tiles) {
    Json out = Json::object();
    for (const char* name : kTiles) out[name] = tiles.at(name).view();
    return out;
}

Json outcomes_view(const std::vector<runtime::ExecutionSummary>& runs, const Intervals& intervals) {
    Json out = Json::array();
    std::vector<std::map<std::string, std::uint64_t>> counts(intervals.zeros().size());
    for (const auto& run : runs) ++counts[intervals.of(run.started_at)][outcome_of(run.status)];
    for (auto& interval : counts) {
        Json one = Json::object();
        for (const char* name : {"succeeded", "failed", "timed_out", "aborted", "running"}) {
            one[name] = interval[name];
        }
        out.push_back(std::move(one));
    }
    return out;
}

/// The next fire of each schedule that goes, by time.
Result<Json> next_fires(runtime::Reader& reader, Timestamp now, std::size_t limit) {
    const Json all = SW_TRY(schedules_view(reader, now, 1));
    std::vector<std::pair<Timestamp, Json>> fires;
    for (const Json& schedule : all.at("schedules")) {
        const bool goes = schedule.at("enabled") == true && schedule.at("paused") == false;
        if (!goes || schedule.at("next").empty()) continue;
        const std::string local = schedule.at("next")[0].get<std::string>();
        const auto instant = parse_rfc3339(local);
        if (!instant) continue;
        const Timestamp at = from_ms(instant->seconds * 1'000);
        const Json* last = find(schedule, "last");
        fires.emplace_back(at, Json{{"schedule", schedule.at("id")},
                                    {"workflow", schedule.at("workflow")},
                                    {"at", to_iso8601(at)},
                                    {"local", local},
                                    {"last", last ? *last : Json()}});
    }
    std::stable_sort(fires.begin(), fires.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    Json out = Json::array();
    for (auto& [at, fire] : fires) {
        if (out.size() < limit) out.push_back(std::move(fire));
    }
    return out;
}

}  // namespace

Result<Json> home_view(Histories& histories, const HomeQuery& query) {
    const auto found = SW_TRY(runs_in(histories.reader(), {}, {}, query.span, kRunsCounted));
    const auto now_going = SW_TRY(going(histories, query));
    const Intervals intervals(query.span, query.intervals);
    Tiles tiles;
    for (const char* name : kTiles) tiles.emplace(name, Tile(intervals));
    for (const auto& run : found.runs) {
        if (run.status == core::Status::running) continue;  // below: whenever it began
        tiles.at(tile_of(run.status)).add(run, intervals);
    }
    Json running = Json::array();
    for (const Going& one : now_going) {
        tiles.at("running").add(one.run, intervals);
        if (one.is_late()) tiles.at("late").add(one.run, intervals);
        if (one.is_waiting()) tiles.at("waiting").add(one.run, intervals);
        if (!one.queued.is_null()) tiles.at("queued").add(one.run, intervals);
        running.push_back(going_view(one));
    }
    FailuresQuery failures;
    failures.span = query.span;
    failures.intervals = query.intervals;
    failures.groups = query.causes;
    Json causes = SW_TRY(failures_view(histories, failures));
    Json fires = SW_TRY(next_fires(histories.reader(), query.now, query.fires));
    const bool is_complete =
        !found.is_cut && causes["complete"].get<bool>() && now_going.size() < query.running;
    Json out{{"from", to_iso8601(query.span.from)},
             {"to", to_iso8601(query.span.to)},
             {"intervals", intervals.begins()},
             {"tiles", tiles_view(tiles)},
             {"outcomes", outcomes_view(found.runs, intervals)},
             {"causes", std::move(causes["groups"])},
             {"running", std::move(running)},
             {"next_fires", std::move(fires)},
             {"complete", is_complete}};
    if (!query.health) return out;
    HealthSnapshot health = *query.health;
    health.database_bytes = SW_TRY(histories.reader().size()).bytes_used;
    out["health"] = health_view(health);
    return out;
}

}  // namespace stepwell::api::answers
