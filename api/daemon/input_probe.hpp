// What the inputs of data tasks are now, for the redrive plan.
#pragma once

#include "api/daemon/config.hpp"
#include "api/runs/redrive_plan.hpp"

namespace stepwell::api {

/// Looks only at what tasks may read; anything else is unknown.
answers::InputProbe input_probe(const Configuration& configuration);

}  // namespace stepwell::api
