#include "api/workflows/figures.hpp"

#include <algorithm>
#include <map>

#include "api/read/views.hpp"
#include "api/triggers/views.hpp"
#include "engine/runtime/pause.hpp"

namespace stepwell::api::answers {
namespace {

struct NextFire {
    Timestamp at;
    std::string schedule;
};

/// Of each workflow the soonest. REQUIRES: `schedules` is as schedules_view() gives it.
std::map<std::string, NextFire> next_fires_of(const Json& schedules) {
    std::map<std::string, NextFire> fires;
    for (const Json& schedule : schedules.at("items")) {
        const Json& next = schedule.at("next_fires");
        const auto instant =
            next.empty() ? std::nullopt : parse_rfc3339(next[0].get<std::string>());
        if (!instant) continue;
        const Timestamp at = from_ms(instant->seconds * 1'000);
        const auto name = schedule.at("workflow").get<std::string>();
        const auto [known, is_first] = fires.try_emplace(name);
        if (is_first || at < known->second.at) {
            known->second = {at, schedule.at("id").get<std::string>()};
        }
    }
    return fires;
}

Json strip_view(const runtime::ExecutionSummary& run) {
    Json out{{"run", value_of(run.id)},
             {"status", status_word(run.status)},
             {"started_at", to_iso8601(run.started_at)}};
    if (run.stopped_at) out["duration_ms"] = (*run.stopped_at - run.started_at).count();
    return out;
}

void add_strip(const std::vector<runtime::ExecutionSummary>& newest_first, Json& item) {
    item["runs"] = Json::array();
    std::map<core::Status, std::size_t> counts;
    for (auto run = newest_first.rbegin(); run != newest_first.rend(); ++run) {
        item["runs"].push_back(strip_view(*run));
        ++counts[run->status];
    }
    item["succeeded"] = counts[core::Status::succeeded];
    item["failed"] = counts[core::Status::failed] + counts[core::Status::timed_out];
    item["aborted"] = counts[core::Status::aborted];
}

Result<void> add_figures_of(Histories& histories, const FiguresQuery& query,
                            const std::map<std::string, NextFire>& fires, Json& item) {
    runtime::Reader& reader = histories.reader();
    const auto name = item.at("workflow").get<std::string>();
    runtime::ListQuery newest;
    newest.workflow = name;
    newest.limit = query.runs;
    add_strip(SW_TRY(reader.list(newest)).items, item);
    item["duration"] = to_json(SW_TRY(usual_of(histories, name)).run);
    item["running"] = SW_TRY(reader.count_running(name, query.now + Duration(1)));
    const auto pause =
        runtime::pause_in(SW_TRY(reader.document(runtime::kPaused, name)), query.now);
    item["paused"] = pause.has_value();
    const auto fire = fires.find(name);
    item["next_fire"] = fire == fires.end() ? Json()
                                            : Json{{"schedule", fire->second.schedule},
                                                   {"at", to_iso8601(fire->second.at)}};
    return {};
}

}  // namespace

Result<Json> workflow_names_view(runtime::Reader& reader) {
    Json items = Json::array();
    for (const auto& found : SW_TRY(reader.workflows())) {
        items.push_back({{"workflow", found.workflow.name}});
    }
    return Json{{"items", std::move(items)}};
}

Result<void> add_figures(Histories& histories, const FiguresQuery& query, Json& page) {
    const auto fires = next_fires_of(SW_TRY(schedules_view(histories.reader(), query.now, 1)));
    for (Json& item : page["items"]) {
        SW_TRY(add_figures_of(histories, query, fires, item));
    }
    page["complete"] = histories.is_complete();
    return {};
}

}  // namespace stepwell::api::answers
