// The routes of schedules, triggers, deadlines and incoming webhooks.
#pragma once

#include "api/read/readers.hpp"
#include "api/router/router.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/triggers/triggers.hpp"

namespace stepwell::api {

/// REQUIRES: all outlive the router and every answer.
void add_start_routes(Router& router, triggers::Triggers& triggers, Readers& readers,
                      runtime::Clock& clock);

}  // namespace stepwell::api
