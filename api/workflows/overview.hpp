// One run in one answer: what its page shows above the graph.
#pragma once

#include "api/read/usual.hpp"
#include "api/runs/failure.hpp"

namespace stepwell::api::answers {

/// {"run": as run_view() without "states", "input" and "output",
///  "failure": as failure_view(),
///  "usual": {"duration": QUANTILES, "states": [{"path", "duration"}], "against": this run's
///  duration
///            by the usual p50, null where there is none},
///  "states": [{"name", "path", "type", "depth", "status", "entered", "duration_ms", "busy_ms",
///              "retries", "outcomes": {OUTCOME: N}, "usual": QUANTILES}]: in flow order, also
///              those not reached (status "not_reached"),
///  "open": [{"place", "type", "since", "due", "retries"}]: what it is doing,
///  "rows": as rows_view(),
///  "version": {"number", "newest": number, "last_success": {"run", "number", "difference"} or
///  null}, "parent": {"run", "arn"} or null, "children": [{"run", "arn", "workflow", "name",
///  "status"}], "events": how many}
Result<Json> overview_view(Histories& histories, ExecutionId run, const FailureQuery& query);

}  // namespace stepwell::api::answers
