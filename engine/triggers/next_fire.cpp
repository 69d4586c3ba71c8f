#include "engine/triggers/next_fire.hpp"

#include <algorithm>

#include "engine/definition/starts.hpp"
#include "engine/runtime/pause.hpp"
#include "engine/schedule/schedule.hpp"
#include "engine/triggers/plan.hpp"
#include "engine/triggers/schedule_runner.hpp"

namespace stepwell::triggers {
namespace {

Result<bool> goes(runtime::Reader& reader, const definition::ScheduleSpec& spec,
                  const std::string& id) {
    if (!spec.is_enabled) return false;
    const auto kept = SW_TRY(reader.document(kPauses, id));
    return !kept || !SchedulePause::parse(*kept).is_paused;
}

}  // namespace

Result<std::optional<NextFire>> next_fire(runtime::Reader& reader,
                                          const runtime::WorkflowDescription& found,
                                          Timestamp now) {
    std::optional<NextFire> soonest;
    // One whose members cannot be used has none, and says so where it is looked at.
    const auto starts = definition::starts_of(found.version.settings);
    if (!starts || starts->schedules.empty()) return soonest;
    const std::string& workflow = found.workflow.name;
    const auto pause = runtime::pause_in(SW_TRY(reader.document(runtime::kPaused, workflow)), now);
    if (pause && !pause->until) return soonest;
    const Timestamp after = pause ? std::max(now, *pause->until) : now;
    for (const definition::ScheduleSpec& spec : starts->schedules) {
        std::string id = id_of(workflow, spec.name);
        if (!SW_TRY(goes(reader, spec, id))) continue;
        const auto schedule = SW_TRY(schedule::Schedule::make(spec.when));
        const auto at = schedule.next_fire(after);
        if (at && (!soonest || *at < soonest->at)) soonest = NextFire{*at, std::move(id)};
    }
    return soonest;
}

}  // namespace stepwell::triggers
