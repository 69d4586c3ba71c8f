// A definition as a list: its states in the order in which a run passes them, and what differs
// between two versions.
#pragma once

#include <string>
#include <vector>

#include "engine/base/json.hpp"

namespace stepwell::api::answers {

struct FlowState {
    std::string name;
    std::string path;  // "Each month/Validate"
    std::string kind;
    std::size_t depth = 0;  // 0: not inside a Map or Parallel
};

/// From StartAt along Next, Choices, Default and Catch; those of a Map or Parallel after it. States
/// that nothing leads to come last. REQUIRES: `asl` was let through by definition::parse().
std::vector<FlowState> flow_of(const Json& asl);

/// {"added": [STATE], "removed": [STATE], "changed": [{"state", "fields": [FIELD]}],
///  "workflow": [FIELD of the machine itself]}. Names of states, in the order of `after`.
Json definition_difference(const Json& before, const Json& after);

/// Whether nothing differs.
bool is_same_definition(const Json& difference);

}  // namespace stepwell::api::answers
