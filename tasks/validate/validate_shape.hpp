// What a validate task takes: docs/tasks/validate.md.
#pragma once

#include "engine/base/shape.hpp"

namespace stepwell::tasks::data {

const Shape& validate_shape();
/// A rule of a column, in its long form.
const Shape& column_rule_shape();
/// One entry of `checks`.
const Shape& check_item_shape();

}  // namespace stepwell::tasks::data
