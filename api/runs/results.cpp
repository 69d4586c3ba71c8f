#include "api/runs/results.hpp"

#include <algorithm>
#include <set>

#include "api/router/samples.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kRunsLookedAt = 50;

Result<std::vector<StateRow>> rows_of_run(runtime::Reader& reader, ExecutionId run) {
    StateTracker tracker;
    tracker.take(SW_TRY(reader.events(run)));
    return tracker.rows();
}

/// Adds envelopes as long as there is room for them.
class Results {
public:
    explicit Results(Samples samples) : samples_(samples) {}

    /// Returns what was added, for what else is to be said of it.
    Json& add(const std::vector<StateRow>& rows, const StateRow& row) {
        const Json& envelope = row.result->json();
        Json items = Json::array();
        for (const StateRow* at = &row; at->parent; at = &rows[*at->parent]) {
            Json item{{"state", rows[*at->parent].name}, {"index", at->item}};
            items.insert(items.begin(), std::move(item));
        }
        Json result{{"state", row.name},
                    {"definition_path", row.path},
                    {"path", row.place},
                    {"items", std::move(items)},
                    {"task", string_or(envelope, "type", row.resource)},
                    {"status", string_or(envelope, "status", row.outcome)},
                    {"at", to_iso8601(row.ended_at.value_or(row.entered_at))}};
        if (row.ended_at) result["duration_ms"] = (*row.ended_at - row.entered_at).count();
        bytes_ += row.result->bytes();
        is_complete_ = is_complete_ && bytes_ <= kResultBytesMax;
        if (bytes_ <= kResultBytesMax) {
            result["result"] =
                samples_ == Samples::hidden ? with_hidden_samples(envelope) : envelope;
        }
        all_.push_back(std::move(result));
        return all_.back();
    }
    Json take() { return std::move(all_); }
    [[nodiscard]] bool is_complete() const { return is_complete_; }

private:
    const Samples samples_;
    std::size_t bytes_ = 0;
    bool is_complete_ = true;
    Json all_ = Json::array();
};

/// A run, and the tasks whose latest results are in it.
struct Holder {
    runtime::ExecutionSummary run;
    std::size_t later_runs = 0;
    std::set<std::string> paths;
};

Result<std::vector<Holder>> holders_of(Histories& histories, const std::string& workflow) {
    std::vector<Holder> holders;
    std::set<std::string> known;
    std::size_t later = 0;
    for (auto& run : SW_TRY(newest_runs(histories.reader(), workflow, {}, kRunsLookedAt))) {
        const DigestPtr digest = SW_TRY(histories.digest(run));
        if (!digest) break;
        Holder holder;
        for (const StateDigest& state : digest->states) {
            if (state.results > 0 && known.insert(state.path).second) {
                holder.paths.insert(state.path);
            }
        }
        if (!holder.paths.empty()) {
            holder.run = std::move(run);
            holder.later_runs = later;
            holders.push_back(std::move(holder));
        }
        ++later;
    }
    return holders;
}

}  // namespace

Result<Json> results_view(runtime::Reader& reader, ExecutionId run, const std::string& state,
                          Samples samples) {
    const auto rows = SW_TRY(rows_of_run(reader, run));
    Results results(samples);
    for (const StateRow& row : rows) {
        if (row.result && (state.empty() || row.name == state)) results.add(rows, row);
    }
    return Json{
        {"run", value_of(run)}, {"items", results.take()}, {"complete", results.is_complete()}};
}

Result<Json> latest_results_view(Histories& histories, const std::string& workflow,
                                 Samples samples) {
    Results results(samples);
    for (const Holder& holder : SW_TRY(holders_of(histories, workflow))) {
        const auto rows = SW_TRY(rows_of_run(histories.reader(), holder.run.id));
        for (const StateRow& row : rows) {
            if (!row.result || holder.paths.count(row.path) == 0) continue;
            Json& result = results.add(rows, row);
            result["run"] = value_of(holder.run.id);
            result["started_at"] = to_iso8601(holder.run.started_at);
            result["later_runs"] = holder.later_runs;
        }
    }
    return Json{{"workflow", workflow},
                {"items", results.take()},
                {"complete", results.is_complete() && histories.is_complete()}};
}

}  // namespace stepwell::api::answers
