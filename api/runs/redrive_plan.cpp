#include "api/runs/redrive_plan.hpp"

#include <set>
#include <unordered_map>

#include "api/read/state_tracker.hpp"
#include "api/read/views.hpp"
#include "api/runs/flow.hpp"
#include "api/runs/redrive_estimate.hpp"
#include "engine/runtime/definition_text.hpp"

namespace stepwell::api::answers {
namespace {

using core::Frame;
using core::Phase;
using core::StandingFrame;
using definition::Definition;

const char* type_of(const definition::State& state) {
    static constexpr const char* kNames[] = {"Task",    "Pass", "Choice",   "Wait",
                                             "Succeed", "Fail", "Parallel", "Map"};
    return kNames[static_cast<std::size_t>(state.kind())];
}

Json usual_in(const Usual& usual, const std::string& path) {
    const auto found = usual.states.find(path);
    return found == usual.states.end() ? Json() : to_json(found->second);
}

const char* name_of(InputNow::State state, bool is_same) {
    if (state == InputNow::State::gone) return "gone";
    if (state == InputNow::State::unknown) return "unknown";
    return is_same ? "same" : "changed";
}

/// What the plan is made from.
struct Standing {
    const Definition& definition;
    const Usual& usual;
    std::vector<StandingFrame> points;
    std::unordered_map<FrameId, const Frame*> frames;

    Standing(const Definition& of, const Usual& usually, const std::vector<core::FramePtr>& before)
        : definition(of), usual(usually), points(core::restart_points(before, EventId{})) {
        for (const StandingFrame& point : points) frames[point.frame->id] = point.frame.get();
    }

    /// "Each month[3] / Validate"
    [[nodiscard]] std::string place_of(const Frame& frame) const {
        const std::string& name = definition.state(frame.state).name;
        if (!frame.parent) return name;
        return place_of(*frames.at(*frame.parent)) + "[" + std::to_string(frame.index) + "] / " +
               name;
    }
    [[nodiscard]] static bool runs_again(const Frame& frame) {
        return frame.phase == Phase::redriven || frame.phase == Phase::ready;
    }
};

void add_runs(Json& out, const Standing& standing, std::size_t listed) {
    out["again"] = Json::array();
    std::size_t count = 0;
    for (const StandingFrame& point : standing.points) {
        const Frame& frame = *point.frame;
        if (!Standing::runs_again(frame)) continue;
        if (++count > listed) continue;
        const auto& state = standing.definition.state(frame.state);
        const std::string path = path_of(standing.definition, frame.state);
        out["again"].push_back({{"state", state.name},
                                {"definition_path", path},
                                {"path", standing.place_of(frame)},
                                {"type", type_of(state)},
                                {"begun", frame.phase == Phase::redriven},
                                {"usual", usual_in(standing.usual, path)}});
    }
    out["runs_count"] = count;
}

void add_lanes(Json& out, const Standing& standing, std::size_t listed) {
    out["lanes"] = Json::array();
    for (const StandingFrame& lane : standing.points) {
        if (!lane.frame->fanout || out["lanes"].size() == listed) continue;
        std::size_t kept = 0;
        std::size_t again = 0;
        for (const StandingFrame& child : standing.points) {
            if (child.frame->parent != lane.frame->id) continue;
            ++(child.frame->phase == Phase::finished ? kept : again);
        }
        const std::size_t total = lane.frame->fanout->total;
        out["lanes"].push_back(
            {{"definition_path", path_of(standing.definition, lane.frame->state)},
             {"path", standing.place_of(*lane.frame)},
             {"type", type_of(standing.definition.state(lane.frame->state))},
             {"total", total},
             {"kept", kept},
             {"again", again},
             {"new", total - kept - again}});
    }
}

/// Entries of states that ended well, but those inside of what begins again as a whole.
void add_keeps(Json& out, const Standing& standing, const RunDigest& digest) {
    std::set<std::string> emptied;
    for (const StandingFrame& point : standing.points) {
        if (!Standing::runs_again(*point.frame)) continue;
        emptied.insert(path_of(standing.definition, point.frame->state) + "/");
    }
    out["keeps"] = Json::array();
    for (const StateDigest& state : digest.states) {
        std::uint32_t count = 0;
        for (const char* outcome : {"succeeded", "caught"}) {
            const auto found = state.outcomes.find(outcome);
            if (found != state.outcomes.end()) count += found->second;
        }
        bool is_lost = false;
        for (const std::string& lane : emptied) is_lost = is_lost || state.path.starts_with(lane);
        if (count == 0 || is_lost) continue;
        out["keeps"].push_back(
            {{"definition_path", state.path}, {"type", state.kind}, {"count", count}});
    }
}

void add_estimate(Json& out, const Standing& standing) {
    const Estimate estimate = estimate_of(standing.definition, standing.points, standing.usual);
    out["estimate"] = {{"time_ms", estimate.time.count()},
                       {"complete", estimate.unknown.empty() && standing.usual.is_complete},
                       {"unknown", estimate.unknown}};
}

/// The rows of the states that run again, which have what their tasks last said.
std::vector<StateRow> rows_again(const Standing& standing, const std::vector<core::Event>& events) {
    StateTracker tracker;
    tracker.take(events);
    std::unordered_map<FrameId, const StateRow*> last;
    for (const StateRow& row : tracker.rows()) last[row.frame] = &row;
    std::vector<StateRow> rows;
    for (const StandingFrame& point : standing.points) {
        const auto row = last.find(point.frame->id);
        const bool has_result = row != last.end() && row->second->result;
        if (has_result && point.frame->phase == Phase::redriven) rows.push_back(*row->second);
    }
    return rows;
}

/// What a task's result names at most: where it has as many, there may have been more.
constexpr std::size_t kInputsOfResult = 100;

/// Adds the inputs of one result; whether all are the same is summed up in `verdict`. Nobody knows
/// that where a list was cut, unless one of those that are there has changed.
void add_inputs(Json& inputs, const StateRow& row, const RedrivePlanQuery& query,
                std::optional<bool>& verdict, std::set<std::string>& seen) {
    const Json* recorded = find(row.result->json(), "inputs");
    if (!recorded || !recorded->is_array()) return;
    if (recorded->size() >= kInputsOfResult && verdict == true) verdict.reset();
    for (const Json& input : *recorded) {
        const std::string uri = string_or(input, "uri", "");
        const std::string etag = string_or(input, "etag", "");
        if (uri.empty()) continue;
        if (inputs.size() == query.listed) {
            if (verdict == true) verdict.reset();
            return;
        }
        if (!seen.insert(row.path + "\n" + uri + "\n" + etag).second) continue;
        const InputNow now = query.probe ? query.probe(uri) : InputNow{};
        const bool is_same = now.state == InputNow::State::there && now.etag == etag;
        const bool is_known = now.state != InputNow::State::unknown;
        if (is_known && !is_same) verdict = false;
        if (!is_known && verdict == true) verdict.reset();
        Json one{{"uri", uri}, {"state", row.name}, {"definition_path", row.path}};
        for (const char* member : {"etag", "size", "mtime"}) {
            if (const Json* value = find(input, member)) one[member] = *value;
        }
        one["is"] = name_of(now.state, is_same);
        inputs.push_back(std::move(one));
    }
}

void add_inputs(Json& out, const std::vector<StateRow>& rows, const RedrivePlanQuery& query) {
    Json inputs = Json::array();
    std::set<std::string> seen;
    std::optional<bool> verdict = true;
    for (const StateRow& row : rows) add_inputs(inputs, row, query, verdict, seen);
    out["inputs_are_the_same"] = verdict && !inputs.empty() ? Json(*verdict) : Json();
    out["inputs"] = std::move(inputs);
}

Result<Json> version_part(runtime::Reader& reader, const std::string& workflow,
                          const journal::VersionRecord& own) {
    Json out{{"number", own.number}, {"newest", nullptr}, {"difference", nullptr}};
    const auto newest = reader.workflow(workflow);
    if (!newest) return out;  // it is deleted
    out["newest"] = newest->version.number;
    if (newest->version.id == own.id) return out;
    const Json before = SW_TRY(parse_json(own.definition));
    const Json after = SW_TRY(parse_json(newest->version.definition));
    Json difference = definition_difference(before, after);
    if (!is_same_definition(difference)) out["difference"] = std::move(difference);
    return out;
}

}  // namespace

Result<Json> redrive_plan_view(Histories& histories, ExecutionId run,
                               const RedrivePlanQuery& query) {
    runtime::Reader& reader = histories.reader();
    const auto found = SW_TRY(reader.describe(run));
    const auto owner = SW_TRY(reader.workflow_of(run));
    const std::string reason =
        found.summary.is_express
            ? "Execution is of an EXPRESS state machine and cannot be redriven"
            : runtime::redrive_refusal(runtime::redrive_case(found), query.policy, query.now);
    Json out{{"run", value_of(run)},
             {"status", status_word(found.summary.status)},
             {"redrivable", reason.empty()},
             {"reason", reason},
             {"redrives", found.summary.redrives}};
    if (!reason.empty()) return out;

    const auto definition = SW_TRY(runtime::reload_definition(owner.version.definition));
    const auto usual = usual_of(histories, found.summary.workflow_name);
    if (!usual) return fail(usual.error());
    const DigestPtr digest = SW_TRY(histories.digest_of_one(found.summary));
    const auto rebuilt = SW_TRY(reader.rebuild(run));
    const Standing standing(*definition, *usual, rebuilt->state.frames());
    add_runs(out, standing, query.listed);
    add_lanes(out, standing, query.listed);
    add_keeps(out, standing, *digest);
    add_estimate(out, standing);
    add_inputs(out, rows_again(standing, SW_TRY(reader.events(run))), query);
    out["version"] = SW_TRY(version_part(reader, found.summary.workflow_name, owner.version));
    return out;
}

}  // namespace stepwell::api::answers
