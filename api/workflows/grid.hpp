// States by runs: what each state did in each of the last runs of a workflow, and how long.
#pragma once

#include "api/read/usual.hpp"

namespace stepwell::api::answers {

struct GridQuery {
    std::string workflow;
    std::size_t last = 30;               // runs
    std::optional<core::Status> status;  // only these
    std::optional<std::string> until;    // the token of the page before: older runs
};

/// {"workflow",
///  "runs": [{"run", "name", "status", "version", "started_at", "duration_ms", "error", "retries",
///            "caught", "rows"}]: the oldest first,
///  "states": [{"name", "path", "type", "depth", "usual": QUANTILES, "share": of the time of the
///              runs shown, "cells": [{"status", "duration_ms", "busy_ms", "entered", "failed",
///              "retries"} or null (not reached), a cell for each of "runs"]}]: in flow order,
///  "usual": QUANTILES of the runs, "versions": [{"number", "run"}]: where a version begins,
///  "complete", "next"}
Result<Json> grid_view(Histories& histories, const GridQuery& query);

}  // namespace stepwell::api::answers
