// How the states of one scope lead to each other.
#pragma once

#include "engine/definition/report.hpp"

namespace stepwell::definition {

/// Reports targets that do not exist, states that nothing leads to, and a scope that cannot end.
/// Looks at no scope inside the states.
void check_flow(const Json& machine, const Place& place, Report& report);

}  // namespace stepwell::definition
