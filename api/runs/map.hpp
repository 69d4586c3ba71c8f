// What became of the items of a Map, or the branches of a Parallel.
#pragma once

#include <optional>
#include <string>

#include "engine/base/json.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::api::answers {

struct MapQuery {
    std::string state;  // the name of a Map or Parallel
    std::string place;  // which entry of it, where there are several; empty: the last
    std::size_t buckets = 60;
    std::size_t listed = 100;  // items that failed
};
/// {"run", "state", "place", "total", "counts": {STATUS: N}, "buckets": [{"from", "to", "counts"}]:
///  in item order, `to` exclusive, "failed": [INDEX], "duration": QUANTILES of items that
///  succeeded}
/// STATUS: succeeded, failed, aborted, running, not_reached. Fails with `not_found`.
Result<Json> map_view(runtime::Reader& reader, ExecutionId run, const MapQuery& query);

struct MapItemsQuery {
    std::string state;
    std::string place;
    std::string status;     // only with this one; empty: all
    std::size_t after = 0;  // items with smaller numbers are passed over
    std::size_t limit = 100;
};
/// {"run", "state", "path", "total", "items": [{"item": its number from 0, "status", "started_at",
/// "ended_at", "duration_ms", "frame", "at": the path of the state that it is in or was in last,
/// "error"}] in their order, what is not known is absent, "next": a position_token()}. Fails with
/// `not_found`.
Result<Json> map_items_view(runtime::Reader& reader, ExecutionId run, const MapItemsQuery& query);

}  // namespace stepwell::api::answers
