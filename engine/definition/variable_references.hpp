// Which states read which variables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/definition/definition.hpp"

namespace stepwell::definition {

/// A state's name and the variables that it reads itself, sorted, each once.
using VariableReference = std::pair<std::string, std::vector<std::string>>;

/// The states that read any, in document order; those inside of a Map or Parallel each by itself.
std::vector<VariableReference> variable_references(const Definition& definition);

}  // namespace stepwell::definition
