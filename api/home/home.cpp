#include "api/home/home.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "api/home/queued.hpp"
#include "api/read/outcome_bars.hpp"
#include "api/read/views.hpp"
#include "api/triggers/views.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kWorstNamed = 3;
constexpr std::array<const char*, 7> kTiles{"failed",  "late",      "running", "queued",
                                            "waiting", "succeeded", "aborted"};

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
    void add(const std::string& workflow, Timestamp started, std::uint64_t count,
             const Intervals& intervals) {
        if (count == 0) return;
        count_ += count;
        bars_[intervals.of(started)] += count;
        workflows_[workflow] += count;
    }
    void add(const runtime::ExecutionSummary& run, const Intervals& intervals) {
        add(run.workflow_name, run.started_at, 1, intervals);
    }
    /// There are more than were counted.
    void cut() { is_exact_ = false; }
    [[nodiscard]] bool is_exact() const { return is_exact_; }
    [[nodiscard]] Json view() const {
        std::vector<std::pair<std::string, std::uint64_t>> sorted(workflows_.begin(),
                                                                  workflows_.end());
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
        Json worst = Json::array();
        for (const auto& [workflow, count] : sorted) {
            if (worst.size() == kWorstNamed) break;
            worst.push_back({{"workflow", workflow}, {"count", count}});
        }
        return {
            {"count", count_}, {"exact", is_exact_}, {"bars", bars_}, {"worst", std::move(worst)}};
    }

private:
    std::uint64_t count_ = 0;
    bool is_exact_ = true;
    std::vector<std::uint64_t> bars_;
    std::map<std::string, std::uint64_t> workflows_;
};

std::string tile_of(core::Status status) {
    switch (status) {
        case core::Status::failed:
        case core::Status::timed_out:
            return "failed";
        case core::Status::aborted:
            return "aborted";
        case core::Status::succeeded:
            return "succeeded";
        case core::Status::running:
            return "running";
    }
    return "running";
}

/// A workflow with runs that go on.
struct Busy {
    std::string workflow;
    std::uint64_t running = 0;
    Quantiles usual;
};

/// Also for a deleted one, which has nothing usual any more.
Result<std::vector<Busy>> busy_workflows(Histories& histories,
                                         const std::vector<runtime::RunCount>& running) {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& one : running) counts[one.workflow] += one.count;
    std::vector<Busy> all;
    for (const auto& [workflow, count] : counts) {
        const auto known = usual_of(histories, workflow);
        all.push_back({workflow, count, known ? known->run : Quantiles{}});
    }
    return all;
}

/// The longest over their usual: of each workflow these are its oldest.
Result<std::vector<Going>> going(Histories& histories, const HomeQuery& query,
                                 const std::vector<Busy>& workflows) {
    std::vector<Going> all;
    for (const Busy& busy : workflows) {
        auto oldest = histories.reader().oldest_running(busy.workflow, query.running);
        if (!oldest) continue;  // deleted
        for (auto& run : *oldest) {
            Going one;
            one.usual = busy.usual;
            one.elapsed = query.now - run.started_at;
            one.run = std::move(run);
            all.push_back(std::move(one));
        }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Going& a, const Going& b) { return a.weight() > b.weight(); });
    if (all.size() > query.running) all.resize(query.running);
    for (Going& one : all) {
        if (query.gate) one.queued = queued_view(*query.gate, one.run);
        one.digest = SW_TRY(histories.digest(one.run));
    }
    return all;
}

/// Whole minutes of them; of a minute that is partly late, as many as there are, at its begin.
Result<void> add_late(runtime::Reader& reader, const HomeQuery& query, const Busy& busy,
                      const std::vector<runtime::RunCount>& running, const Intervals& intervals,
                      Tile& late) {
    if (busy.usual.count == 0) return {};
    const Timestamp threshold = query.now - busy.usual.p95;
    std::uint64_t left = SW_TRY(reader.count_running(busy.workflow, threshold));
    for (const auto& one : running) {  // by minute
        if (one.workflow != busy.workflow || left == 0) continue;
        const std::uint64_t count = std::min(left, one.count);
        late.add(busy.workflow, one.minute + Duration(30'000), count, intervals);
        left -= count;
    }
    return {};
}

/// Runs whose tasks all wait in the gate. Beyond what it lists only tasks are counted.
void add_queued(runtime::Reader& reader, const HomeQuery& query, const std::vector<Busy>& workflows,
                const Intervals& intervals, Tile& queued) {
    if (!query.gate) return;
    std::set<std::string> names;
    for (const Busy& busy : workflows) names.insert(busy.workflow);
    const QueuedRuns found = queued_runs(reader, *query.gate, names);
    for (const auto& run : found.runs) queued.add(run, intervals);
    for (const auto& [workflow, more] : found.more) {
        queued.add(workflow, query.now, more, intervals);
    }
    if (!found.is_exact) queued.cut();
}

Json going_view(const Going& one) {
    Json open = Json::array();
    if (one.digest) {
        for (const OpenState& state : one.digest->open) {
            open.push_back({{"path", state.place},
                            {"since", to_iso8601(state.entered_at)},
                            {"due", state.due ? Json(to_iso8601(*state.due)) : Json()}});
        }
    }
    return {{"run", value_of(one.run.id)},
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

Json outcomes_view(const std::vector<runtime::RunCount>& runs, const Intervals& intervals) {
    OutcomeBars bars(intervals);
    for (const auto& one : runs) bars.add(one.minute, one.status, one.count);
    return bars.view();
}

/// The next fire of each schedule that goes, by time.
Result<Json> next_fires(runtime::Reader& reader, Timestamp now, std::size_t limit) {
    const Json all = SW_TRY(schedules_view(reader, now, 1));
    std::vector<std::pair<Timestamp, Json>> fires;
    for (const Json& schedule : all.at("items")) {
        const bool goes = schedule.at("enabled") == true && schedule.at("paused") == false;
        if (!goes || schedule.at("next_fires").empty()) continue;
        const std::string local = schedule.at("next_fires")[0].get<std::string>();
        const auto instant = parse_rfc3339(local);
        if (!instant) continue;
        const Timestamp at = from_ms(instant->seconds * 1'000);
        const Json* last = find(schedule, "last");
        fires.emplace_back(at, Json{{"schedule", schedule.at("id")},
                                    {"workflow", schedule.at("workflow")},
                                    {"kind", schedule.at("kind")},
                                    {"expression", schedule.at("expression")},
                                    {"timezone", schedule.at("timezone")},
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
    runtime::Reader& reader = histories.reader();
    runtime::CountQuery counts;
    counts.from = query.span.from - Duration(59'999);  // the minute that the span begins in
    counts.until = query.span.to;
    const auto started = SW_TRY(reader.run_counts(counts));
    runtime::CountQuery open;
    open.status = core::Status::running;
    const auto running = SW_TRY(reader.run_counts(open));
    const auto workflows = SW_TRY(busy_workflows(histories, running));
    const auto now_going = SW_TRY(going(histories, query, workflows));

    const Intervals intervals(query.span, query.intervals);
    Tiles tiles;
    for (const char* name : kTiles) tiles.emplace(name, Tile(intervals));
    for (const auto& one : started) {
        if (one.status == core::Status::running) continue;  // below: whenever it began
        tiles.at(tile_of(one.status))
            .add(one.workflow, one.minute + Duration(30'000), one.count, intervals);
    }
    for (const auto& one : running) {
        tiles.at("running").add(one.workflow, one.minute + Duration(30'000), one.count, intervals);
    }
    for (const Busy& busy : workflows) {
        SW_TRY(add_late(reader, query, busy, running, intervals, tiles.at("late")));
    }
    const auto waiting = SW_TRY(reader.waiting_runs(kOpenLookedAt));
    for (const auto& run : waiting.runs) tiles.at("waiting").add(run, intervals);
    if (!waiting.are_all) tiles.at("waiting").cut();
    add_queued(reader, query, workflows, intervals, tiles.at("queued"));

    Json list = Json::array();
    for (const Going& one : now_going) list.push_back(going_view(one));
    FailuresQuery failures;
    failures.span = query.span;
    failures.intervals = query.intervals;
    failures.groups = query.causes;
    Json causes = SW_TRY(failures_view(histories, failures));
    Json fires = SW_TRY(next_fires(reader, query.now, query.fires));
    const bool is_complete = causes["complete"].get<bool>() && tiles.at("waiting").is_exact() &&
                             tiles.at("queued").is_exact();
    Json out{{"from", to_iso8601(query.span.from)},
             {"to", to_iso8601(query.span.to)},
             {"intervals", intervals.begins()},
             {"tiles", tiles_view(tiles)},
             {"outcomes", outcomes_view(started, intervals)},
             {"causes", std::move(causes["items"])},
             {"running", std::move(list)},
             {"next_fires", std::move(fires)},
             {"complete", is_complete}};
    if (!query.health) return out;
    HealthSnapshot health = *query.health;
    health.database_bytes = SW_TRY(histories.reader().size()).bytes_used;
    out["health"] = health_view(health);
    return out;
}

}  // namespace stepwell::api::answers
