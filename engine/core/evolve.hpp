// evolve(): what each event does to an execution. The only place where one changes, live and in
// replay. Frozen at the first release: an event that has been journaled means the same for ever.
#pragma once

#include "engine/core/draft.hpp"
#include "engine/core/event.hpp"

namespace stepwell::core {

void evolve(Draft& draft, const Event& event);

}  // namespace stepwell::core
