// Callbacks: tasks that wait for somebody to say how they end, by hand or by their token.
#pragma once

#include "api/auth/callback_links.hpp"
#include "api/read/readers.hpp"
#include "api/router/router.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

/// GET /api/v1/callbacks, and the answers to them; POST /api/v1/task-tokens/... for those who hold
/// a token. REQUIRES: both outlive the router.
void add_callback_routes(Router& router, runtime::Engine& engine, Readers& readers);

/// What the routes of people work with. REQUIRES: all of it outlives the router.
struct DecisionParts {
    runtime::Engine& engine;
    Readers& readers;
    runtime::Clock& clock;
    const CallbackLinks& links;
    std::string public_url;  // where browsers reach the dashboard, no '/' at its end
};

/// One of them and what it asks; approve, reject, and links.
void add_decision_routes(Router& router, const DecisionParts& parts);

}  // namespace stepwell::api
