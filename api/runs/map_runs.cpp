#include "api/runs/map_runs.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/base/digest.hpp"
#include "engine/runtime/definition_text.hpp"
#include "engine/runtime/map_run_documents.hpp"

namespace stepwell::api::answers {
namespace {

const char* map_run_status(core::MapRunStatus status) {
    switch (status) {
        case core::MapRunStatus::running:
            return "running";
        case core::MapRunStatus::succeeded:
            return "succeeded";
        case core::MapRunStatus::failed:
            return "failed";
        case core::MapRunStatus::aborted:
            return "aborted";
    }
    SW_ASSERT(false);
}

/// Items that have no run: yet, or at all where it ended before.
std::uint64_t not_begun(const core::MapRun& run) {
    return run.total && *run.total > run.next_item ? *run.total - run.next_item : 0;
}

Json item_counts(const core::MapRun& run) {
    const core::MapRunCounts& items = run.items;
    Json counts = Json::object();
    const auto add = [&](const char* status, std::uint64_t count) {
        if (count > 0) counts[status] = count;
    };
    add("failed", items.failed);
    add("timed_out", items.timed_out);
    add("aborted", items.aborted);
    add("running", items.running);
    add("succeeded", items.succeeded);
    add("not_reached", not_begun(run));
    return counts;
}

Json map_run_view(const core::MapRun& run, const std::string& workflow,
                  const definition::Definition& definition) {
    Json view{{"id", run.token.text()},
              {"arn", run.plan.arn},
              {"state", definition.state(run.state).name},
              {"status", map_run_status(run.status)},
              {"started_at", to_iso8601(run.started_at)},
              {"workflow", workflow + "/" + run.plan.label},
              {"concurrency_max", run.plan.concurrency_max},
              {"tolerated_count", run.plan.tolerated_count},
              {"tolerated_percentage", run.plan.tolerated_percentage},
              {"counts", item_counts(run)},
              {"redrives", run.redrives}};
    if (run.total) view["total"] = *run.total;
    if (run.stopped_at) {
        view["stopped_at"] = to_iso8601(*run.stopped_at);
        view["duration_ms"] = (*run.stopped_at - run.started_at).count();
    }
    if (!run.error.empty()) view["error"] = run.error;
    if (!run.cause.empty()) view["cause"] = run.cause;
    return view;
}

Result<std::string> map_run_key_in(const MapRunsQuery& query, ExecutionId run) {
    if (!query.after) return std::string();
    auto key = base64_decode(*query.after);
    if (key && key->starts_with(runtime::map_run_key_prefix(run))) return *std::move(key);
    return fail(ErrorCode::invalid,
                "expected 'after' to be `next` of an earlier page of this list");
}

}  // namespace

Result<Json> map_runs_view(runtime::Reader& reader, ExecutionId run, const MapRunsQuery& query) {
    const std::string after = SW_TRY(map_run_key_in(query, run));
    const auto found = SW_TRY(reader.map_runs(run, after, query.limit + 1));
    Json view{{"run", value_of(run)}, {"items", Json::array()}};
    if (found.empty()) return view;
    const auto owner = SW_TRY(reader.workflow_of(run));
    const auto definition = SW_TRY(runtime::reload_definition(owner.version.definition));
    const std::size_t shown = std::min(found.size(), query.limit);
    for (std::size_t i = 0; i < shown; ++i) {
        view["items"].push_back(map_run_view(found[i], owner.workflow.name, *definition));
    }
    if (found.size() > shown) {
        view["next"] = base64_encode(runtime::map_run_key(found[shown - 1].token));
    }
    return view;
}

}  // namespace stepwell::api::answers
