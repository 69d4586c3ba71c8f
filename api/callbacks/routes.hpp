// Callbacks: tasks that wait for somebody to say how they end, by hand or by their token.
#pragma once

#include "api/read/readers.hpp"
#include "api/router/router.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

/// GET /api/v1/callbacks, and the answers to them; POST /api/v1/task-tokens/... for those who hold
/// a token. REQUIRES: both outlive the router.
void add_callback_routes(Router& router, runtime::Engine& engine, Readers& readers);

}  // namespace stepwell::api
