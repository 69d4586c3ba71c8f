// Execution: where one run of a definition stands. A tree of frames (the root, a branch of a
// Parallel, an iteration of a Map), each at one state in one phase.
//
// It is a value that only evolve() changes. A decision works on a delta over it, so that it costs
// what it changes, never the size of the execution.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"

namespace stepwell::core {

enum class Status { running, succeeded, failed, timed_out, aborted };

/// "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED".
const char* name_of(Status status);

}  // namespace stepwell::core
