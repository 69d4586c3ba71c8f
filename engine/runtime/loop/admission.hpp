// What a start has to fulfil whoever asks for it: the API, a trigger, another execution.
//
// Threads: any.
#pragma once

#include "engine/runtime/engine_types.hpp"

namespace stepwell::runtime {

/// Fails with `invalid`: AWS's text, or that it holds a secret.
Result<void> check_start(const EngineSettings& settings, const StartRequest& request);

}  // namespace stepwell::runtime
