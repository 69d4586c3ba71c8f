#include "api/workflows/grid.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "api/read/views.hpp"
#include "api/runs/flow.hpp"

namespace stepwell::api::answers {
namespace {

struct Column {
    runtime::ExecutionSummary run;
    DigestPtr digest;  // null: not looked at
    std::uint32_t version = 0;
};

/// The newest version's states, then those that only older versions had, as they were entered.
std::vector<FlowState> rows_of(const Json& asl, const std::vector<Column>& columns) {
    std::vector<FlowState> rows = flow_of(asl);
    std::set<std::string> known;
    for (const FlowState& row : rows) known.insert(row.path);
    for (const Column& column : columns) {
        if (!column.digest) continue;
        for (const StateDigest& state : column.digest->states) {
            if (!known.insert(state.path).second) continue;
            const auto depth = std::count(state.path.begin(), state.path.end(), '/');
            rows.push_back({state.name, state.path, state.kind, static_cast<std::size_t>(depth)});
        }
    }
    return rows;
}

Json cell_of(const StateDigest& state) {
    Json cell{{"status", state.outcome()}};
    if (state.ended_at) cell["duration_ms"] = (*state.ended_at - state.first_entered).count();
    cell["busy_ms"] = state.busy.count();
    cell["entered"] = state.entered;
    if (const auto failed = state.outcomes.find("failed"); failed != state.outcomes.end()) {
        cell["failed"] = failed->second;
    }
    if (state.retries > 0) cell["retries"] = state.retries;
    return cell;
}

std::uint32_t retries_of(const RunDigest& digest) {
    std::uint32_t retries = 0;
    for (const StateDigest& state : digest.states) retries += state.retries;
    return retries;
}

Json column_view(const Column& column) {
    const auto& run = column.run;
    Json out{{"run", value_of(run.id)},
             {"name", run.name},
             {"status", status_word(run.status)},
             {"version", column.version},
             {"started_at", to_iso8601(run.started_at)}};
    if (run.stopped_at) out["duration_ms"] = (*run.stopped_at - run.started_at).count();
    if (!run.error.empty()) out["error"] = run.error;
    if (!column.digest) return out;
    out["retries"] = retries_of(*column.digest);
    out["caught"] = column.digest->caught_count;
    out["rows"] = rows_view(*column.digest);
    return out;
}

Json row_view(const FlowState& row, const std::vector<Column>& columns, const Usual& usual) {
    Json cells = Json::array();
    Duration busy{};
    Duration whole{};
    for (const Column& column : columns) {
        const StateDigest* state = column.digest ? column.digest->find(row.path) : nullptr;
        cells.push_back(state ? cell_of(*state) : Json());
        if (column.run.stopped_at) whole += *column.run.stopped_at - column.run.started_at;
        if (state && state->ended_at) busy += *state->ended_at - state->first_entered;
    }
    const auto found = usual.states.find(row.path);
    const double share =
        whole.count() == 0 ? 0.0
                           : static_cast<double>(busy.count()) / static_cast<double>(whole.count());
    return {{"name", row.name},
            {"definition_path", row.path},
            {"type", row.kind},
            {"depth", row.depth},
            {"usual", found == usual.states.end() ? Json() : to_json(found->second)},
            {"share", std::min(share, 1.0)},
            {"cells", std::move(cells)}};
}

Json versions_of(const std::vector<Column>& columns) {
    Json versions = Json::array();
    std::uint32_t before = 0;
    for (const Column& column : columns) {
        if (column.version == before) continue;
        before = column.version;
        versions.push_back({{"number", column.version}, {"run", value_of(column.run.id)}});
    }
    return versions;
}

/// Versions are few; each is looked up once.
Result<void> number_versions(runtime::Reader& reader, std::vector<Column>& columns) {
    std::unordered_map<VersionId, std::uint32_t> numbers;
    for (Column& column : columns) {
        const auto known = numbers.find(column.run.version);
        if (known != numbers.end()) {
            column.version = known->second;
            continue;
        }
        column.version = SW_TRY(reader.workflow_of(column.run.id)).version.number;
        numbers[column.run.version] = column.version;
    }
    return {};
}

}  // namespace

Result<Json> grid_view(Histories& histories, const GridQuery& query) {
    runtime::Reader& reader = histories.reader();
    const auto workflow = SW_TRY(reader.workflow(query.workflow));
    runtime::ListQuery list;
    list.workflow = workflow.workflow.name;
    list.status = query.status;
    list.limit = query.last;
    list.token = query.until;
    auto page = SW_TRY(reader.list(list));
    const Usual usual = SW_TRY(usual_of(histories, workflow.workflow.name));

    std::vector<Column> columns;
    for (auto run = page.items.rbegin(); run != page.items.rend(); ++run) {
        DigestPtr digest = SW_TRY(histories.digest(*run));
        columns.push_back({std::move(*run), std::move(digest), 0});
    }
    SW_TRY(number_versions(reader, columns));
    const Json asl = SW_TRY(parse_json(workflow.version.definition));

    Json runs = Json::array();
    for (const Column& column : columns) runs.push_back(column_view(column));
    Json states = Json::array();
    for (const FlowState& row : rows_of(asl, columns)) {
        states.push_back(row_view(row, columns, usual));
    }
    Json out{{"workflow", workflow.workflow.name}, {"runs", std::move(runs)},
             {"states", std::move(states)},        {"usual", to_json(usual.run)},
             {"versions", versions_of(columns)},   {"complete", histories.is_complete()}};
    if (page.next) out["next"] = *page.next;
    return out;
}

}  // namespace stepwell::api::answers
