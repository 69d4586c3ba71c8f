// Which built-in tasks know their columns before anything runs.
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/shape.hpp"

namespace stepwell::tasks {

/// Names of columns in a task's parameters that cannot be columns. Takes any JSON; what does not
/// fit the task's shape is passed over.
using ColumnCheck = std::vector<ShapeFault> (*)(const Json& parameters, Written written);

/// Of "etl", the NAME of "stepwell:NAME". Null where the task has none.
ColumnCheck column_check_of(std::string_view task);

}  // namespace stepwell::tasks
