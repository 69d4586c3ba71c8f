#include "api/workflows/figures.hpp"

#include <map>

#include "api/read/views.hpp"
#include "engine/runtime/pause.hpp"

namespace stepwell::api::answers {
namespace {

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

Result<void> add_figures_of(Histories& histories, const FiguresQuery& query, Json& item) {
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
    const auto found = SW_TRY(reader.workflow(name));
    item["next_fire"] = SW_TRY(next_fire_view(reader, found, query.now));
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
    for (Json& item : page["items"]) SW_TRY(add_figures_of(histories, query, item));
    page["complete"] = histories.is_complete();
    return {};
}

}  // namespace stepwell::api::answers
