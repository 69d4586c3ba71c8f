// For tests of what a crash leaves: called between the steps of an effect with their names.
#pragma once

#include <functional>
#include <string_view>

#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data {

/// A failure leaves everything as a crash at this point would.
using FaultHook = std::function<DataResult<void>(std::string_view point)>;

}  // namespace stepwell::tasks::data
