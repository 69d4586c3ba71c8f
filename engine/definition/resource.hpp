// What the Resource of a Task names.
#pragma once

#include <optional>
#include <string>

#include "engine/definition/definition.hpp"
#include "engine/definition/report.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::definition {

/// Classifies `text`; what is wrong with it is reported at `place`.
std::optional<Resource> read_resource(const std::string& text, const ParseOptions& options,
                                      Report& report, const Place& place);

}  // namespace stepwell::definition
