// What became of the data over the runs of a workflow, and what its runs have written last. Told by
// run rows: no history is read, but of runs that an older Stepwell ended.
#pragma once

#include "api/read/histories.hpp"

namespace stepwell::api::answers {

struct DataTrendQuery {
    std::string workflow;
    std::size_t limit = 30;            // runs
    std::optional<std::string> token;  // of the page before
};

/// {"workflow", "items": [{"run", "name", "status", "version", "started_at", "tasks": [{"state",
/// "definition_path", "task", "status", "results": how many, "rows": {NAME: N}, "checks": [{"name",
/// "column", "status", "passed", "warned", "failed", "skipped", "violations"}]}]}]: runs that have
/// ended, the newest first, "complete", "next"}. Fails with `not_found`.
Result<Json> data_trend_view(Histories& histories, const DataTrendQuery& query);

/// Fills each of "items", {"workflow", "tables": [{"uri", "run", "definition_path", "task", "at",
/// "age_ms", "rows", "status": of the run, "later_runs": how many newer ones have not written
/// it}]}; adds "complete".
Result<void> add_tables(Histories& histories, Timestamp now, Json& page);

}  // namespace stepwell::api::answers
