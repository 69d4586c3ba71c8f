#include "api/home/queued.hpp"

#include <algorithm>

namespace stepwell::api::answers {
namespace {

using runtime::GateTask;

constexpr std::size_t kHoldersNamed = 3;

void add_holder(Json& holders, ExecutionId run, const std::string& name) {
    if (holders.size() < kHoldersNamed) holders.push_back({{"run", value_of(run)}, {"name", name}});
}

Json holders_of(const runtime::GateViews& gate, const std::string& workflow,
                const GateTask& waiting) {
    Json holders = Json::array();
    if (waiting.stage == GateTask::Stage::waiting_for_place) {
        const auto places = gate.workflow(workflow);
        for (const auto& one : places.holders) add_holder(holders, one.execution, one.run);
        return holders;
    }
    const auto pools = gate.pools();
    for (const auto& pool : pools) {
        if (pool.name != waiting.pool) continue;
        for (const auto& task : pool.working) add_holder(holders, task.token.execution, task.run);
    }
    return holders;
}

}  // namespace

Json queued_view(const runtime::GateViews& gate, const runtime::ExecutionSummary& run) {
    const runtime::GateRun seen = gate.run(run.id);
    const bool is_working =
        std::any_of(seen.tasks.begin(), seen.tasks.end(),
                    [](const GateTask& task) { return task.stage == GateTask::Stage::working; });
    if (seen.tasks.empty() || is_working) return {};
    const auto next =
        std::min_element(seen.tasks.begin(), seen.tasks.end(),
                         [](const GateTask& a, const GateTask& b) { return a.place < b.place; });
    const bool is_for_place = next->stage == GateTask::Stage::waiting_for_place;
    return {{"state", next->state},
            {"pool", is_for_place ? Json() : Json(next->pool)},
            {"place", next->place},
            {"holders", holders_of(gate, run.workflow_name, *next)}};
}

QueuedRuns queued_runs(runtime::Reader& reader, const runtime::GateViews& gate,
                       const std::set<std::string>& workflows) {
    QueuedRuns found;
    std::set<ExecutionId> ids;
    for (const auto& pool : gate.pools()) {
        for (const auto& task : pool.waiting) ids.insert(task.token.execution);
        if (pool.waiting_count > pool.waiting.size()) found.is_exact = false;
    }
    for (const std::string& workflow : workflows) {
        const auto places = gate.workflow(workflow);
        for (const auto& run : places.waiting) ids.insert(run.execution);
        const std::uint64_t more = places.waiting_count - places.waiting.size();
        if (more > 0) found.more[workflow] = more;
    }
    for (const ExecutionId id : ids) {
        auto run = reader.summary(id);
        if (run && !queued_view(gate, *run).is_null()) found.runs.push_back(*std::move(run));
    }
    return found;
}

}  // namespace stepwell::api::answers
