// The home page: is anything wrong, and what runs.
#pragma once

#include <functional>

#include "api/home/failures.hpp"
#include "api/home/health.hpp"
#include "api/read/usual.hpp"
#include "engine/runtime/gate_views.hpp"

namespace stepwell::api::answers {

struct HomeQuery {
    Span span;
    Timestamp now;
    std::size_t intervals = 24;
    std::size_t running = 50;  // runs listed
    std::size_t causes = 20;   // groups of failures
    std::size_t fires = 20;
    const runtime::GateViews* gate = nullptr;  // null: nothing is queued
    std::optional<HealthSnapshot> health = {};
};

/// {"from", "to", "intervals": [FROM...],
///  "tiles": {"failed", "late", "running", "queued", "waiting", "succeeded", "stopped":
///            {"count", "exact", "bars": [N an interval], "worst": [{"workflow", "count"}]}},
///  "outcomes": [{"succeeded", "failed", "timed_out", "aborted", "running"}]: an interval each,
///  "causes": as the "groups" of failures_view(),
///  "running": [{"run", "name", "workflow", "started_at", "elapsed_ms", "usual": QUANTILES, "late",
///               "waiting", "queued": as queued_view(), "open": [{"place", "since", "due"}]}]:
///               the longest over its usual first,
///  "health": as health_view(); absent where nothing is known of it,
///  "complete"}
///
/// Counted over all runs, by the minute of their start; a tile whose count is not of all says so
/// with "exact" false, and "complete" is false then, or while runs that have ended are still to be
/// folded. "running" lists the `running` ones that are the longest over their usual.
///
/// failed: failed and timed out; late: runs that go on for longer than the usual p95; waiting:
/// those that go on and do nothing but wait for a time; queued: whose tasks wait for others to end.
Result<Json> home_view(Histories& histories, const HomeQuery& query);

}  // namespace stepwell::api::answers
