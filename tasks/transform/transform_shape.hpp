// What a transform task takes: docs/tasks/transform.md.
#pragma once

#include "engine/base/shape.hpp"

namespace stepwell::tasks::transform {

const Shape& transform_shape();

}  // namespace stepwell::tasks::transform
