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

/// Reads a text again that the journal keeps: whatever release has accepted it, and under whatever
/// rules, it goes on. Fails with `corruption` where it does not say any more how it runs.
Result<definition::DefinitionPtr> reload_definition(const std::string& text);

}  // namespace stepwell::runtime
