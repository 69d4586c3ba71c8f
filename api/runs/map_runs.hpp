// The Map Runs of a run: what its distributed Maps have ordered, counted.
#pragma once

#include <optional>
#include <string>

#include "engine/base/json.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::api::answers {

struct MapRunsQuery {
    std::optional<std::string> after;  // `next` of the page before
    std::size_t limit = 100;
};

/// {"run", "items": [{"id", "arn", "state", "status", "started_at", "stopped_at", "duration_ms",
/// "workflow": of the runs of the items, "concurrency_max", "tolerated_count",
/// "tolerated_percentage", "counts": {STATUS: N}, "total", "redrives", "error", "cause"}] in the
/// order in which they began; what there is not is absent, "next"}. Fails with `invalid` where
/// `after` is of another list.
Result<Json> map_runs_view(runtime::Reader& reader, ExecutionId run, const MapRunsQuery& query);

}  // namespace stepwell::api::answers
