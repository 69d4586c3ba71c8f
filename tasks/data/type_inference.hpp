// The types of text columns, read off all of their values: never off a sample, and never so that a
// value would change ("01234" stays text, so do dates in a local form).
#pragma once

#include <string>
#include <vector>

#include "tasks/data/input.hpp"

namespace stepwell::tasks::data {

/// Adds to spec.columns a type for each column of `input` that has none: what all its values are
/// (strict::type_of_kinds()), else varchar. REQUIRES: input.is_text.
DataResult<void> infer_types(Connection& connection, const Input& input, InputSpec& spec);

}  // namespace stepwell::tasks::data
