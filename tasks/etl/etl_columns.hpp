// Which columns the steps of `etl` meet, as far as it is known before anything runs.
#pragma once

#include <vector>

#include "engine/base/shape.hpp"

namespace stepwell::tasks::etl {

/// Steps, checks and targets that name a column which cannot be there, and inputs that are none:
/// all of them. An input without a header and with `options.names`, `select`, `aggregate` and `map`
/// say which columns there are; `drop` and `rename` say which are no more. SQL is not looked into.
/// `parameters` need not fit etl_shape().
std::vector<ShapeFault> etl_column_faults(const Json& parameters, Written written);

}  // namespace stepwell::tasks::etl
