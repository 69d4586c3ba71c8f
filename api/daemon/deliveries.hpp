// Messages to people and programs on their way out: what was delivered, what waits, what was given
// up.
#pragma once

#include <filesystem>

#include "api/router/router.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::api {

/// /deliveries and /deliveries/{id}/replay. REQUIRES: the clock outlives the router.
void add_delivery_routes(Router& router, std::filesystem::path data_folder, runtime::Clock& clock);

}  // namespace stepwell::api
