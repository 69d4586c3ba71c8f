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
            items.insert(items.begin(), {{"state", rows[*at->parent].name}, {"index", at->item}});
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

struct Item {
    std::string status = "running";
    Timestamp began;
    std::optional<Timestamp> ended;
};

/// The items of one entry of a Map, as far as they began.
std::map<std::uint32_t, Item> items_of(const std::vector<StateRow>& rows, std::size_t lane) {
    std::map<std::uint32_t, Item> items;
    for (const StateRow& row : rows) {
        if (row.parent != lane || row.wave != rows[lane].retries) continue;
        const auto [at, is_first] = items.try_emplace(row.item);
        Item& item = at->second;
        if (is_first) item.began = row.entered_at;
        item.ended = row.ended_at;
        item.status = row.outcome == "failing" || !row.ended_at ? "running" : row.outcome;
        // A Catch goes on to another state, or is the end of the item, which went well then.
        if (item.status == "caught") item.status = "succeeded";
    }
    return items;
}

std::optional<std::size_t> lane_of(const std::vector<StateRow>& rows, const MapQuery& query) {
    for (std::size_t i = rows.size(); i-- > 0;) {
        const bool fits = rows[i].is_lane() && rows[i].name == query.state &&
                          (query.place.empty() || rows[i].place == query.place);
        if (fits) return i;
    }
    return std::nullopt;
}

void count(Json& counts, const std::string& status) {
    Json& number = counts[status];
    number = number.is_null() ? 1 : number.get<std::uint64_t>() + 1;
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

Result<Json> map_view(runtime::Reader& reader, ExecutionId run, const MapQuery& query) {
    const auto rows = SW_TRY(rows_of_run(reader, run));
    const auto lane = lane_of(rows, query);
    if (!lane) {
        return fail(ErrorCode::not_found,
                    "expected the run to have entered a Map or Parallel '" + query.state +
                        (query.place.empty() ? "'" : "' at '" + query.place + "'") +
                        ", but it has not");
    }
    const auto items = items_of(rows, *lane);
    const std::size_t total = std::max<std::size_t>(rows[*lane].total, items.size());
    const std::size_t width = std::max<std::size_t>(
        1, (total + query.buckets - 1) / std::max<std::size_t>(1, query.buckets));
    Json counts = Json::object();
    Json buckets = Json::array();
    Json failed = Json::array();
    std::vector<Duration> durations;
    for (std::size_t i = 0; i < total; ++i) {
        if (i % width == 0) {
            buckets.push_back(
                {{"from", i}, {"to", std::min(i + width, total)}, {"counts", Json::object()}});
        }
        const auto item = items.find(static_cast<std::uint32_t>(i));
        const std::string status = item == items.end() ? "not_reached" : item->second.status;
        count(counts, status);
        count(buckets.back()["counts"], status);
        if (status == "failed" && failed.size() < query.listed) failed.push_back(i);
        if (status == "succeeded" && item->second.ended) {
            durations.push_back(*item->second.ended - item->second.began);
        }
    }
    return Json{
        {"run", value_of(run)},        {"state", rows[*lane].name},
        {"path", rows[*lane].place},   {"total", total},
        {"counts", std::move(counts)}, {"buckets", std::move(buckets)},
        {"failed", std::move(failed)}, {"duration", to_json(quantiles_of(std::move(durations)))}};
}

}  // namespace stepwell::api::answers
