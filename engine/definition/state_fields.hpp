// Which fields belong to which kind of state, in which query language (asl.md 6.2).
#pragma once

#include "engine/definition/definition.hpp"
#include "engine/definition/fields.hpp"

namespace stepwell::definition {

/// The kind of that name; nothing for another name.
std::optional<StateKind> state_kind_of(std::string_view name);

/// "[Task, Wait, ...]" in AWS's order.
const std::vector<std::string>& state_kind_names();

/// Reports each member of `state` that does not belong there.
void check_state_fields(const Json& state, const Fields& fields, StateKind kind,
                        QueryLanguage language);

}  // namespace stepwell::definition
