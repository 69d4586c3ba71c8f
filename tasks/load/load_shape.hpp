// What a load task takes: docs/tasks/load.md.
#pragma once

#include "engine/base/shape.hpp"

namespace stepwell::tasks::data {

const Shape& load_shape();

}  // namespace stepwell::tasks::data
