// What a run is queued for, as the home page shows it.
#pragma once

#include "engine/base/json.hpp"
#include "engine/runtime/gate_views.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::api::answers {

/// Null unless tasks of the run wait for a slot of a pool or a place of the workflow, and none is
/// at work. Else of the task that is next: {"state", "pool": null where it waits for a place,
/// "place", "holders": [{"run", "name"}]: some}.
Json queued_view(const runtime::GateViews& gate, const runtime::ExecutionSummary& run);

}  // namespace stepwell::api::answers
