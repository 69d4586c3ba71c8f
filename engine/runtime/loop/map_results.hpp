// What the executions of a Map Run gave, put together.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/core/map_run.hpp"
#include "engine/runtime/engine_types.hpp"

namespace stepwell::runtime {

/// What is said of an execution beside its output, in the form of ResultWriter's files.
Json result_record(const Closed& child, std::uint32_t redrives);
/// The same of an item that has no execution. `item` as it was read.
Json pending_record(std::string item);

/// The result of the state: the outputs by the order of their executions, which is that of the
/// items; in the form that WriterConfig says.
Payload joined_results(const core::MapRunPlan& plan,
                       std::vector<std::pair<ExecutionId, std::string>>& results);
/// Likewise, where the results are files: where these are.
Payload exported_results(const core::MapRunPlan& plan);
/// One that is larger than any state may hand on: what was kept of it is gone.
Payload oversized_result();

}  // namespace stepwell::runtime
