#include "api/workflows/overview.hpp"

#include <algorithm>
#include <set>

#include "api/read/views.hpp"
#include "api/runs/flow.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kChildrenShown = 100;
/// AWS's name for the member of an input that says which execution started this one.
constexpr std::string_view kStartedBy = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";

Json usual_part(const Usual& usual, const runtime::ExecutionSummary& run) {
    Json out = usual_view(usual);
    out.erase("workflow");
    out["against"] = nullptr;
    if (run.stopped_at && usual.run.count > 0 && usual.run.p50.count() > 0) {
        out["against"] = static_cast<double>((*run.stopped_at - run.started_at).count()) /
                         static_cast<double>(usual.run.p50.count());
    }
    return out;
}

Json state_part(const FlowState& state, const StateDigest* digest, const Usual& usual) {
    Json out{{"name", state.name},
             {"definition_path", state.path},
             {"type", state.kind},
             {"depth", state.depth},
             {"status", digest ? digest->outcome() : "not_reached"}};
    const auto found = usual.states.find(state.path);
    out["usual"] = found == usual.states.end() ? Json() : to_json(found->second);
    if (!digest) return out;
    out["entered"] = digest->entered;
    if (digest->ended_at) {
        out["duration_ms"] = (*digest->ended_at - digest->first_entered).count();
    }
    out["busy_ms"] = digest->busy.count();
    out["retries"] = digest->retries;
    out["outcomes"] = digest->outcomes;
    return out;
}

Json states_part(const Json& asl, const RunDigest& digest, const Usual& usual) {
    Json states = Json::array();
    for (const FlowState& state : flow_of(asl)) {
        states.push_back(state_part(state, digest.find(state.path), usual));
    }
    return states;
}

Json open_part(const RunDigest& digest) {
    Json open = Json::array();
    for (const OpenState& state : digest.open) {
        Json one{{"path", state.place},
                 {"type", state.kind},
                 {"since", to_iso8601(state.entered_at)},
                 {"due", nullptr},
                 {"retries", state.retries}};
        if (state.due) one["due"] = to_iso8601(*state.due);
        open.push_back(std::move(one));
    }
    return open;
}

Result<Json> version_part(runtime::Reader& reader, const runtime::ExecutionSummary& run,
                          const runtime::WorkflowDescription& began_with, const Json& asl) {
    Json out{{"number", began_with.version.number}, {"newest", nullptr}, {"last_success", nullptr}};
    // A deleted workflow has no newest version.
    const auto newest = reader.workflow(run.workflow_name);
    if (!newest) return out;
    out["newest"] = newest->version.number;
    const auto success = SW_TRY(reader.success_before(run));
    if (!success) return out;
    const auto then = SW_TRY(reader.workflow_of(success->id));
    const Json before = SW_TRY(parse_json(then.version.definition));
    Json difference = definition_difference(before, asl);
    out["last_success"] = {{"run", value_of(success->id)},
                           {"name", success->name},
                           {"number", then.version.number},
                           {"same", is_same_definition(difference)},
                           {"difference", std::move(difference)}};
    return out;
}

Result<Json> linked_parent(runtime::Reader& reader, ExecutionId id) {
    Json out{{"run", value_of(id)}, {"arn", nullptr}};
    const auto parent = reader.summary(id);
    if (parent) out["arn"] = parent->arn;
    const bool is_gone = !parent && parent.error().code == ErrorCode::not_found;
    if (parent || is_gone) return out;
    return fail(parent.error());
}

/// Of a run that something else has started for another run, its input may tell.
Result<Json> parent_part(runtime::Reader& reader, const runtime::ExecutionDescription& run) {
    if (run.summary.parent) return linked_parent(reader, *run.summary.parent);
    const std::string arn = string_or(run.input.json(), kStartedBy, "");
    if (arn.empty()) return Json();
    Json out{{"run", nullptr}, {"arn", arn}};
    if (const auto id = reader.find(arn)) out["run"] = value_of(*id);
    return out;
}

Result<Json> children_part(runtime::Reader& reader, const RunDigest& digest) {
    Json out = Json::array();
    for (const std::string& arn : digest.children) {
        if (out.size() == kChildrenShown) break;
        Json child{{"run", nullptr}, {"arn", arn}};
        if (const auto id = reader.find(arn)) {
            const auto found = SW_TRY(reader.describe(*id));
            child["run"] = value_of(*id);
            child["workflow"] = found.summary.workflow_name;
            child["name"] = found.summary.name;
            child["status"] = status_word(found.summary.status);
        }
        out.push_back(std::move(child));
    }
    return out;
}

}  // namespace

Result<Json> overview_view(Histories& histories, ExecutionId run, const FailureQuery& query) {
    runtime::Reader& reader = histories.reader();
    const auto found = SW_TRY(reader.describe(run));
    const DigestPtr digest = SW_TRY(histories.digest_of_one(found.summary));
    const auto began_with = SW_TRY(reader.workflow_of(run));
    const Json asl = SW_TRY(parse_json(began_with.version.definition));
    Usual usual;
    // The workflow may be deleted; then nothing is usual any more.
    if (auto known = usual_of(histories, found.summary.workflow_name)) usual = *std::move(known);

    Json out{{"run", run_summary_view(found.summary)}};
    out["failure"] = SW_TRY(failure_view(histories, run, query));
    out["usual"] = usual_part(usual, found.summary);
    out["states"] = states_part(asl, *digest, usual);
    out["open"] = open_part(*digest);
    out["rows"] = rows_view(*digest);
    out["version"] = SW_TRY(version_part(reader, found.summary, began_with, asl));
    out["parent"] = SW_TRY(parent_part(reader, found));
    out["children"] = SW_TRY(children_part(reader, *digest));
    out["events"] = digest->events;
    return out;
}

}  // namespace stepwell::api::answers
