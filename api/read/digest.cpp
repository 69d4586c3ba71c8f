#include "api/read/digest.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include "api/read/text.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kShortCause = 1'000;

/// "stepwell:validate" -> "validate".
std::string task_kind(const StateRow& row) {
    if (row.result) {
        std::string type = string_or(row.result->json(), "type", "");
        if (!type.empty()) return type;
    }
    return row.resource.substr(row.resource.rfind(':') + 1);
}

class Folding {
public:
    explicit Folding(RunDigest& digest) : digest_(digest) {}

    void add(const StateRow& row) {
        const auto [at, is_new] = indexes_.try_emplace(row.path, digest_.states.size());
        if (is_new) {
            StateDigest fresh;
            fresh.name = row.name;
            fresh.path = row.path;
            fresh.kind = row.kind;
            fresh.first_entered = row.entered_at;
            digest_.states.push_back(std::move(fresh));
        }
        add_entry(row, digest_.states[at->second]);
        if (!row.rows.is_null()) add_rows(row);
    }

private:
    static void add_entry(const StateRow& row, StateDigest& state) {
        ++state.entered;
        ++state.outcomes[row.outcome == "failing" ? "running" : row.outcome];
        state.retries += row.retries;
        if (state.resource.empty()) state.resource = row.resource;
        if (row.result) {
            ++state.results;
            state.data.add(row.result->json(), row.ended_at.value_or(row.entered_at));
        }
        if (!row.ended_at) {
            state.ended_at.reset();
            return;
        }
        const bool has_open = state.outcomes.count("running") > 0;
        if (!has_open)
            state.ended_at = std::max(state.ended_at.value_or(*row.ended_at), *row.ended_at);
        const Duration took = *row.ended_at - row.entered_at;
        state.busy += took;
        const bool is_sample =
            row.outcome == "succeeded" && state.successes.size() < StateDigest::kSamplesMax;
        if (is_sample) state.successes.push_back(took);
    }

    void add_rows(const StateRow& row) {
        const std::string kind = task_kind(row);
        auto& counts = digest_.rows[kind];
        if (counts.empty()) digest_.task_kinds.push_back(kind);
        for (const auto& [name, count] : row.rows.items()) {
            if (count.is_number_integer()) counts[name] += count.get<std::int64_t>();
        }
    }

    RunDigest& digest_;
    std::unordered_map<std::string, std::size_t> indexes_;
};

std::vector<std::string> children_in(const std::vector<core::Event>& events) {
    std::vector<std::string> children;
    std::set<std::string> known;
    for (const core::Event& event : events) {
        const auto* task = std::get_if<core::TaskInfo>(&event.details);
        if (!task || task->resource_type != "states" || !task->output) continue;
        std::string arn = string_or(task->output->json(), "ExecutionArn", "");
        if (arn.empty() || !known.insert(arn).second) continue;
        if (children.size() == RunDigest::kChildrenMax) break;
        children.push_back(std::move(arn));
    }
    return children;
}

/// What went on when the time of the whole run was over.
std::vector<LeafFailure> cut_off(const std::vector<StateRow>& rows, const core::Event& end,
                                 ExecutionId run) {
    std::vector<LeafFailure> found;
    for (const StateRow& row : rows) {
        const bool is_cut = row.outcome == "aborted" && row.ended_at == end.at && !row.is_lane();
        if (!is_cut) continue;
        LeafFailure leaf;
        leaf.name = row.name;
        leaf.path = row.path;
        leaf.place = row.place;
        leaf.kind = row.kind;
        leaf.resource = row.resource;
        leaf.tries = row.retries + 1;
        leaf.error = "States.Timeout";
        leaf.cause = "the run's own TimeoutSeconds were over while this state went on";
        leaf.event = end.id;
        leaf.at = end.at;
        leaf.token = {run, row.frame, row.attempt};
        found.push_back(std::move(leaf));
    }
    return found;
}

std::vector<OpenState> open_states(const std::vector<StateRow>& rows) {
    std::vector<OpenState> open;
    for (const StateRow& row : rows) {
        if (row.ended_at || row.is_lane()) continue;
        open.push_back({row.place, row.path, row.kind, row.entered_at, row.due, row.retries});
        if (open.size() == RunDigest::kOpenMax) break;
    }
    return open;
}

void keep_first(std::vector<LeafFailure>& leaves) {
    if (leaves.size() > RunDigest::kFailuresMax) leaves.resize(RunDigest::kFailuresMax);
    for (std::size_t i = 1; i < leaves.size(); ++i) {
        leaves[i].cause = cut(leaves[i].cause, kShortCause);
    }
}

}  // namespace

std::string StateDigest::outcome() const {
    static const std::array<std::string, 4> kBySeverity{"failed", "running", "caught", "aborted"};
    for (const std::string& severe : kBySeverity) {
        if (outcomes.count(severe) > 0) return severe;
    }
    return "succeeded";
}

const StateDigest* RunDigest::find(std::string_view path) const {
    const auto found = std::find_if(states.begin(), states.end(),
                                    [&](const StateDigest& state) { return state.path == path; });
    return found == states.end() ? nullptr : &*found;
}

std::size_t RunDigest::bytes() const {
    std::size_t total = sizeof(RunDigest) + summary.arn.size() + summary.workflow_arn.size() + 200;
    for (const StateDigest& state : states) {
        total += sizeof(StateDigest) + state.path.size() * 2 + 100 +
                 state.successes.size() * sizeof(Duration) +
                 state.data.checks.size() * (sizeof(CheckTally) + 40) +
                 state.data.outputs.size() * (sizeof(OutputTally) + 80);
    }
    for (const auto* leaves : {&failures, &caught}) {
        for (const LeafFailure& leaf : *leaves) {
            total +=
                sizeof(LeafFailure) + leaf.cause.size() + leaf.error.size() + leaf.place.size() * 2;
        }
    }
    for (const std::string& child : children) total += sizeof(std::string) + child.size();
    return total;
}

RunDigest digest_of(runtime::ExecutionSummary summary, const std::vector<core::Event>& events) {
    StateTracker tracker;
    tracker.take(events);
    RunDigest digest;
    digest.summary = std::move(summary);
    Folding folding(digest);
    for (const StateRow& row : tracker.rows()) folding.add(row);

    const ExecutionId run = digest.summary.id;
    digest.failures = leaf_failures(tracker.rows(), run);
    const bool is_timed_out =
        !events.empty() && events.back().type == core::EventType::execution_timed_out;
    if (is_timed_out) digest.failures = cut_off(tracker.rows(), events.back(), run);
    digest.failure_count = digest.failures.size();
    for (const LeafFailure& leaf : digest.failures) ++digest.failures_by_error[leaf.error];
    keep_first(digest.failures);
    digest.caught = caught_failures(tracker.rows(), run);
    digest.caught_count = digest.caught.size();
    keep_first(digest.caught);
    digest.open = open_states(tracker.rows());
    digest.children = children_in(events);
    const auto is_told = [](const core::Event& event) { return event.id != EventId{}; };
    digest.events = static_cast<std::size_t>(std::count_if(events.begin(), events.end(), is_told));
    return digest;
}

Json rows_view(const RunDigest& digest) {
    Json out = Json::object();
    if (digest.task_kinds.empty()) return out;
    std::int64_t read = 0;
    std::int64_t rejected = 0;
    Json by_task = Json::object();
    for (const std::string& kind : digest.task_kinds) {
        const auto& counts = digest.rows.at(kind);
        const auto count_of = [&](const char* name) {
            const auto found = counts.find(name);
            return found == counts.end() ? 0 : found->second;
        };
        read = std::max(read, count_of("read"));
        rejected += count_of("rejected");
        by_task[kind] = counts;
    }
    out["read"] = read;
    out["rejected"] = rejected;
    out["by_task"] = std::move(by_task);
    return out;
}

}  // namespace stepwell::api::answers
