#include "api/workflows/data_trend.hpp"

#include <algorithm>
#include <set>

#include "api/read/views.hpp"

namespace stepwell::api::answers {
namespace {

/// Of a workflow, to know what its tables were written by last.
constexpr std::size_t kTableRuns = 30;

/// With what its data tasks said, where that is known or may be read. Null: it is not.
Result<DigestPtr> data_digest(Histories& histories, const runtime::ExecutionSummary& run) {
    DigestPtr digest = SW_TRY(histories.digest(run));
    if (!digest) return digest;
    const bool is_known = std::all_of(
        digest->states.begin(), digest->states.end(),
        [](const StateDigest& state) { return state.results == 0 || state.data.is_known; });
    return is_known ? digest : SW_TRY(histories.read_digest(run));
}

Json checks_part(const DataTally& data) {
    Json checks = Json::array();
    for (const CheckTally& check : data.checks) {
        checks.push_back({{"name", check.name},
                          {"column", check.column.empty() ? Json() : Json(check.column)},
                          {"status", check.status()},
                          {"passed", check.passed},
                          {"warned", check.warned},
                          {"failed", check.failed},
                          {"skipped", check.skipped},
                          {"violations", check.violations}});
    }
    return checks;
}

Json tasks_part(const RunDigest& digest) {
    Json tasks = Json::array();
    for (const StateDigest& state : digest.states) {
        if (state.results == 0 || !state.data.is_known) continue;
        tasks.push_back({{"state", state.name},
                         {"definition_path", state.path},
                         {"task", state.data.task},
                         {"status", state.data.status()},
                         {"results", state.results},
                         {"rows", state.data.rows},
                         {"checks", checks_part(state.data)}});
    }
    return tasks;
}

Json table_part(const runtime::ExecutionSummary& run, const StateDigest& state,
                const OutputTally& output, Timestamp now, std::size_t later_runs) {
    return {{"uri", output.uri},
            {"run", value_of(run.id)},
            {"definition_path", state.path},
            {"task", state.data.task},
            {"at", to_iso8601(output.at)},
            {"age_ms", std::max<std::int64_t>(0, (now - output.at).count())},
            {"rows", output.rows},
            {"status", status_word(run.status)},
            {"later_runs", later_runs}};
}

/// The newest write of each table among the last runs.
Result<Json> tables_of(Histories& histories, const std::string& workflow, Timestamp now) {
    Json tables = Json::array();
    std::set<std::string> known;
    std::size_t later_runs = 0;
    for (const auto& run : SW_TRY(newest_runs(histories.reader(), workflow, {}, kTableRuns))) {
        const DigestPtr digest = SW_TRY(data_digest(histories, run));
        for (std::size_t i = digest ? digest->states.size() : 0; i-- > 0;) {
            const StateDigest& state = digest->states[i];
            for (const OutputTally& output : state.data.outputs) {
                if (!known.insert(output.uri).second) continue;
                tables.push_back(table_part(run, state, output, now, later_runs));
            }
        }
        ++later_runs;
    }
    auto& list = tables.get_ref<Json::array_t&>();
    std::sort(list.begin(), list.end(),
              [](const Json& a, const Json& b) { return a["uri"] < b["uri"]; });
    return tables;
}

}  // namespace

Result<Json> data_trend_view(Histories& histories, const DataTrendQuery& query) {
    runtime::Reader& reader = histories.reader();
    runtime::RunQuery runs;
    runs.workflows = {query.workflow};
    runs.statuses = {core::Status::succeeded, core::Status::failed, core::Status::timed_out,
                     core::Status::aborted};
    runs.limit = query.limit;
    runs.token = query.token;
    const auto page = SW_TRY(reader.search(runs));
    Json items = Json::array();
    for (const auto& run : page.items) {
        const DigestPtr digest = SW_TRY(data_digest(histories, run));
        items.push_back({{"run", value_of(run.id)},
                         {"name", run.name},
                         {"status", status_word(run.status)},
                         {"version", SW_TRY(reader.version_number(run.version))},
                         {"started_at", to_iso8601(run.started_at)},
                         {"tasks", digest ? tasks_part(*digest) : Json::array()}});
    }
    Json out{{"workflow", query.workflow},
             {"items", std::move(items)},
             {"complete", histories.is_complete()}};
    if (page.next) out["next"] = *page.next;
    return out;
}

Result<void> add_tables(Histories& histories, Timestamp now, Json& page) {
    for (Json& item : page["items"]) {
        item["tables"] = SW_TRY(tables_of(histories, string_or(item, "workflow", ""), now));
    }
    page["complete"] = histories.is_complete();
    return {};
}

}  // namespace stepwell::api::answers
