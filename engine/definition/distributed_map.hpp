// What a distributed Map says beside what every Map does. Internal to this folder.
#pragma once

#include "engine/definition/state_reader.hpp"

namespace stepwell::definition {

/// Whether the processor of a Map has the Mode DISTRIBUTED.
bool is_distributed(const Json& processor);

/// Reads what only distributed Maps have. REQUIRES: is_distributed(processor).
DistributedMap read_distributed(const StateReading& at, const Json& processor);

}  // namespace stepwell::definition
