// What a run is queued for, as the home page shows it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/runtime/gate_views.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::api::answers {

/// Open runs that are looked at for whether they do nothing but wait.
inline constexpr std::size_t kOpenLookedAt = 50'000;

/// Null unless tasks of the run wait for a slot of a pool or a place of the workflow, and none is
/// at work. Else of the task that is next: {"state", "pool": null where it waits for a place,
/// "place", "holders": [{"run", "name"}]: some}.
Json queued_view(const runtime::GateViews& gate, const runtime::ExecutionSummary& run);

/// The runs that queued_view() says something of.
struct QueuedRuns {
    std::vector<runtime::ExecutionSummary> runs;
    /// By workflow: as many more wait for a place of it than the gate lists.
    std::map<std::string, std::uint64_t> more;
    bool is_exact = true;  // false: tasks wait for slots that the gate does not list
};
/// `workflows`: those with runs that go on.
QueuedRuns queued_runs(runtime::Reader& reader, const runtime::GateViews& gate,
                       const std::set<std::string>& workflows);

}  // namespace stepwell::api::answers
