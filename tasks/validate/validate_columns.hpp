// Which names of columns in the parameters of `validate` are none, as far as it is known before
// anything runs.
#pragma once

#include <vector>

#include "engine/base/shape.hpp"

namespace stepwell::tasks::data {

/// Rules and checks about columns that the input cannot have: its columns are known (see
/// ColumnFaults::of_input()), or are those of the rules, for `schema.extra: fail` lets no others
/// pass. `parameters` need not fit validate_shape().
std::vector<ShapeFault> validate_column_faults(const Json& parameters, Written written);

}  // namespace stepwell::tasks::data
