// What an unload task takes: docs/tasks/unload.md.
#pragma once

#include "engine/base/shape.hpp"

namespace stepwell::tasks::data {

const Shape& unload_shape();

}  // namespace stepwell::tasks::data
