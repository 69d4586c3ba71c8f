// The result envelopes of data tasks, by run and the latest of each task; and what became of the
// items of a Map.
#pragma once

#include "api/read/usual.hpp"
#include "api/runs/failure.hpp"

namespace stepwell::api::answers {

/// What one answer may hold of envelopes; those beyond it are named without their "result".
inline constexpr std::size_t kResultBytesMax = 8u << 20;

/// {"run", "results": [{"state", "path", "place", "items", "task": "validate", "status", "at",
///  "duration_ms", "result": ENVELOPE}], "complete"}. `state` empty: of all states.
Result<Json> results_view(runtime::Reader& reader, ExecutionId run, const std::string& state,
                          Samples samples);

/// The same of the newest run in which each data task came to a result, with "run", "started_at"
/// and "later_runs": how many newer runs did not reach it. {"workflow", "results", "complete"}
Result<Json> latest_results_view(Histories& histories, const std::string& workflow,
                                 Samples samples);

}  // namespace stepwell::api::answers
