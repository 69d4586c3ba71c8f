// From the text of a definition, as a caller sends it or the journal keeps it, to the graph.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/definition/definition.hpp"

namespace stepwell::runtime {

/// Checks an ASL text. Fails with `invalid`; the message is AWS's.
Result<definition::DefinitionPtr> parse_definition(const std::string& text, bool is_express,
                                                   const std::vector<std::string>& builtin_tasks);

}  // namespace stepwell::runtime
