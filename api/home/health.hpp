// The daemon's own health: each figure against its limit.
//
// Pure: what was measured goes in, JSON comes out.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/json.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api::answers {

struct HealthSnapshot {
    runtime::Engine::Statistics engine;
    std::uint64_t database_bytes = 0;              // in use; filled in by the answer
    std::optional<std::uint64_t> database_budget;  // what retention keeps to; absent: any size
    std::size_t task_hosts = 0;                    // alive
    Timestamp now;
};

/// {"over": whether any is, "figures": [{"name", "value", "limit", "unit", "over"}]}, always in
/// this order: commit_p99 (ms; the upper bound of the bucket that it is in), inbox, timers_behind
/// (ms), database (bytes), disk_free (bytes; its limit is a least one), task_hosts. `limit` is null
/// where there is none, and so is `value` where nothing was measured.
Json health_view(const HealthSnapshot& snapshot);

}  // namespace stepwell::api::answers
