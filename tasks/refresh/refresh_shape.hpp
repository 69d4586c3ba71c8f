// What a refresh task takes: docs/tasks/refresh.md.
#pragma once

#include "engine/base/shape.hpp"

namespace stepwell::tasks::data {

const Shape& refresh_shape();
/// An element of `views`: a name, or a definition.
const Shape& view_shape();

}  // namespace stepwell::tasks::data
