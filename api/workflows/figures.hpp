// Workflows at a glance: how the last runs of each ended, how long it takes, when it starts next.
#pragma once

#include "api/read/usual.hpp"

namespace stepwell::api::answers {

struct FiguresQuery {
    std::size_t runs = 30;  // of each workflow
    Timestamp now;
};

/// {"items": [{"workflow"}]}: all workflows, by name, to be cut to a page before they are filled.
Result<Json> workflow_names_view(runtime::Reader& reader);

/// Fills each of "items", {"workflow", "runs": [{"run", "status", "started_at", "duration_ms"}]:
/// the oldest first, "succeeded", "failed", "aborted": of these, "duration": QUANTILES of the last
/// successes, "running": how many in all, "paused", "next_fire": {"schedule", "at"} or null}; adds
/// "complete".
Result<void> add_figures(Histories& histories, const FiguresQuery& query, Json& page);

}  // namespace stepwell::api::answers
