// What an etl task takes: docs/tasks/etl.md.
#pragma once

#include "engine/base/shape.hpp"

namespace stepwell::tasks::etl {

const Shape& etl_shape();
/// One entry of `steps`: a step, and `name` beside it.
const Shape& step_shape();
/// An input beside others, under its name.
const Shape& one_input_shape();

}  // namespace stepwell::tasks::etl
