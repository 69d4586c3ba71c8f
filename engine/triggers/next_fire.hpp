// When a workflow starts next by its own schedules.
#pragma once

#include <optional>
#include <string>

#include "engine/runtime/read/reader.hpp"

namespace stepwell::triggers {

struct NextFire {
    Timestamp at;
    std::string schedule;  // its id
};

/// The soonest after `now` of all its schedules; nothing where none goes: they are off or paused,
/// or the workflow is paused until it is resumed.
Result<std::optional<NextFire>> next_fire(runtime::Reader& reader,
                                          const runtime::WorkflowDescription& found, Timestamp now);

}  // namespace stepwell::triggers
