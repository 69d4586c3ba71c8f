// What of a history a run's row is folded from.
#pragma once

#include "engine/core/event.hpp"

namespace stepwell::runtime {

/// Of payloads a row tells what tasks gave, and nothing else: lets go of the others. How many bytes
/// the event still holds.
std::size_t keep_result_only(core::Event& event);

}  // namespace stepwell::runtime
