#include "api/runs/map.hpp"

#include <algorithm>
#include <map>

#include "api/read/state_tracker.hpp"
#include "api/read/usual.hpp"
#include "api/router/paging.hpp"

namespace stepwell::api::answers {
namespace {

struct Item {
    std::string status = "running";
    Timestamp began;
    std::optional<Timestamp> ended;
    const StateRow* last = nullptr;  // the state that it is in, or was in last
};

/// One entry of a Map or Parallel.
struct Lane {
    std::vector<StateRow> rows;           // of the whole run
    std::size_t row = 0;                  // its own
    std::map<std::uint32_t, Item> items;  // as far as they began
    std::size_t total = 0;

    [[nodiscard]] std::string status_of(std::size_t item) const {
        const auto found = items.find(static_cast<std::uint32_t>(item));
        return found == items.end() ? "not_reached" : found->second.status;
    }
};

std::map<std::uint32_t, Item> items_of(const std::vector<StateRow>& rows, std::size_t lane) {
    std::map<std::uint32_t, Item> items;
    for (const StateRow& row : rows) {
        if (row.parent != lane || row.wave != rows[lane].retries) continue;
        const auto [at, is_first] = items.try_emplace(row.item);
        Item& item = at->second;
        if (is_first) item.began = row.entered_at;
        item.ended = row.ended_at;
        item.last = &row;
        item.status = row.outcome == "failing" || !row.ended_at ? "running" : row.outcome;
        // A Catch goes on to another state, or is the end of the item, which went well then.
        if (item.status == "caught") item.status = "succeeded";
    }
    return items;
}

std::optional<std::size_t> row_of(const std::vector<StateRow>& rows, const std::string& state,
                                  const std::string& place) {
    for (std::size_t i = rows.size(); i-- > 0;) {
        const bool fits =
            rows[i].is_lane() && rows[i].name == state && (place.empty() || rows[i].place == place);
        if (fits) return i;
    }
    return std::nullopt;
}

Result<Lane> lane_of(runtime::Reader& reader, ExecutionId run, const std::string& state,
                     const std::string& place) {
    StateTracker tracker;
    tracker.take(SW_TRY(reader.events(run)));
    Lane lane;
    lane.rows = tracker.rows();
    const auto row = row_of(lane.rows, state, place);
    if (!row) {
        return fail(ErrorCode::not_found,
                    "expected the run to have entered a Map or Parallel '" + state +
                        (place.empty() ? "'" : "' at '" + place + "'") + ", but it has not");
    }
    lane.row = *row;
    lane.items = items_of(lane.rows, lane.row);
    lane.total = std::max<std::size_t>(lane.rows[lane.row].total, lane.items.size());
    return lane;
}

void count(Json& counts, const std::string& status) {
    Json& number = counts[status];
    number = number.is_null() ? 1 : number.get<std::uint64_t>() + 1;
}

Json item_view(const Lane& lane, std::size_t number) {
    Json out{{"item", number}, {"status", lane.status_of(number)}};
    const auto found = lane.items.find(static_cast<std::uint32_t>(number));
    if (found == lane.items.end()) return out;
    const Item& item = found->second;
    out["started_at"] = to_iso8601(item.began);
    if (item.ended) {
        out["ended_at"] = to_iso8601(*item.ended);
        out["duration_ms"] = (*item.ended - item.began).count();
    }
    out["frame"] = value_of(item.last->frame);
    out["at"] = item.last->place;
    if (!item.last->error.empty()) out["error"] = item.last->error;
    return out;
}

}  // namespace

Result<Json> map_view(runtime::Reader& reader, ExecutionId run, const MapQuery& query) {
    const Lane lane = SW_TRY(lane_of(reader, run, query.state, query.place));
    const std::size_t width = std::max<std::size_t>(
        1, (lane.total + query.buckets - 1) / std::max<std::size_t>(1, query.buckets));
    Json counts = Json::object();
    Json buckets = Json::array();
    Json failed = Json::array();
    for (std::size_t i = 0; i < lane.total; ++i) {
        if (i % width == 0) {
            buckets.push_back(
                {{"from", i}, {"to", std::min(i + width, lane.total)}, {"counts", Json::object()}});
        }
        const std::string status = lane.status_of(i);
        count(counts, status);
        count(buckets.back()["counts"], status);
        if (status == "failed" && failed.size() < query.listed) failed.push_back(i);
    }
    std::vector<Duration> durations;
    for (const auto& [number, item] : lane.items) {
        if (item.status == "succeeded" && item.ended) durations.push_back(*item.ended - item.began);
    }
    const StateRow& row = lane.rows[lane.row];
    return Json{
        {"run", value_of(run)},        {"state", row.name},
        {"path", row.place},           {"total", lane.total},
        {"counts", std::move(counts)}, {"buckets", std::move(buckets)},
        {"failed", std::move(failed)}, {"duration", to_json(quantiles_of(std::move(durations)))}};
}

Result<Json> map_items_view(runtime::Reader& reader, ExecutionId run, const MapItemsQuery& query) {
    const Lane lane = SW_TRY(lane_of(reader, run, query.state, query.place));
    const StateRow& row = lane.rows[lane.row];
    Json out{{"run", value_of(run)},
             {"state", row.name},
             {"path", row.place},
             {"total", lane.total},
             {"items", Json::array()}};
    for (std::size_t i = query.after; i < lane.total; ++i) {
        if (!query.status.empty() && lane.status_of(i) != query.status) continue;
        if (out["items"].size() == query.limit) {
            out["next"] = position_token(i);
            break;
        }
        out["items"].push_back(item_view(lane, i));
    }
    return out;
}

}  // namespace stepwell::api::answers
