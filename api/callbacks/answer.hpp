// Tells the engine how a task ends, and the caller whether it was heard.
#pragma once

#include "api/router/route.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

/// Answers `call`: with the route's status once what is `said` is durable, else with why not.
void answer_with(runtime::Engine& engine, Result<core::Input> said, const Call& call);

}  // namespace stepwell::api
