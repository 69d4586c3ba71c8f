// Where variables may be assigned.
#pragma once

#include "engine/definition/report.hpp"

namespace stepwell::definition {

/// Reports each Assign inside a Parallel or Map to a name that a scope around it assigns too: an
/// inner scope reads outer variables but cannot change them.
void check_variable_scopes(const Json& machine, const Place& place, Report& report);

}  // namespace stepwell::definition
