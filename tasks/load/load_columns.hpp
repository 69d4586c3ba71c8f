// Which names of columns in the parameters of `load` are none, as far as it is known before
// anything runs.
#pragma once

#include <vector>

#include "engine/base/shape.hpp"

namespace stepwell::tasks::data {

/// Keys, updated columns and declared types of columns that an input whose columns are known does
/// not have; see ColumnFaults::of_input(). `parameters` need not fit load_shape().
std::vector<ShapeFault> load_column_faults(const Json& parameters, Written written);

}  // namespace stepwell::tasks::data
