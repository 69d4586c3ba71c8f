// How long a redrive should take, by what its states usually take.
#pragma once

#include <set>
#include <string>

#include "api/read/usual.hpp"
#include "engine/core/redrive.hpp"
#include "engine/definition/definition.hpp"

namespace stepwell::api::answers {

/// "Each month/Validate": the states around it, and its own name.
std::string path_of(const definition::Definition& definition, StateId state);

struct Estimate {
    Duration time{};
    /// Paths of the states that never succeeded in the runs that were looked at: they count
    /// nothing.
    std::set<std::string> unknown;
};

/// From `points` to the end, by the median of each state. After a Choice, and where a state fails,
/// another way may be taken: the estimate goes by Default, or the first rule. Branches go side by
/// side, iterations as many as the Map lets at a time. REQUIRES: `points` are of `definition`.
Estimate estimate_of(const definition::Definition& definition,
                     const std::vector<core::StandingFrame>& points, const Usual& usual);

}  // namespace stepwell::api::answers
