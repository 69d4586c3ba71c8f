// Runs as lists show them.
#pragma once

#include <map>

#include "api/read/usual.hpp"
#include "api/runs/run_filter.hpp"

namespace stepwell::api::answers {

/// A page of runs as exports have them: as run_list_view() shows them, without what is of the
/// moment
/// ("queued", "late", "usual", "against").
Result<Json> run_export_page(runtime::Reader& reader, const AskedRuns& asked);

/// {"items": [as run_summary_view(), with "version", and what its run row tells: "failure":
/// {"state", "definition_path", "error", "message", "count"}, "caught", "rows": {"read", "good",
/// "rejected"}, "queued_for_ms"; of one that goes on "queued": as queued_view(), "late"; "usual",
/// "against"; what there is nothing of is absent], "next", "complete"}
Result<Json> run_list_view(Histories& histories, const runtime::GateViews* gate, Timestamp now,
                           const AskedRuns& asked);

}  // namespace stepwell::api::answers
