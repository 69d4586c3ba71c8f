// What the sections of stepwell.yaml that belong to tasks may hold.
#pragma once

#include "engine/base/shape.hpp"

namespace stepwell::tasks {

/// An object with a member for each section: connections, lakes, bindings, ...
const Shape& configuration_shape();

}  // namespace stepwell::tasks
