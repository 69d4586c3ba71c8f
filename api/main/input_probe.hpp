// What the inputs of data tasks are now, for the redrive plan.
#pragma once

#include "api/answers/redrive_plan.hpp"
#include "api/config.hpp"

namespace stepwell::api {

/// Looks only at what tasks may read; anything else is unknown.
answers::InputProbe input_probe(const Configuration& configuration);

}  // namespace stepwell::api
