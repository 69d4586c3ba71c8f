// Names of the configuration that stand within texts: secrets and lakes.
#pragma once

#include "engine/base/shape.hpp"
#include "engine/definition/report.hpp"

namespace stepwell::definition {

/// Notes `${secret:NAME}` and `lake://NAME/` in the strings of `value`, but in those that are only
/// computed when they are needed; reports references to secrets that are none.
void refer_from_texts(Report& report, const Place& place, const Json& value, Written written);

/// The same for one text, as it is.
void refer_from_text(Report& report, const Place& place, std::string_view text);

}  // namespace stepwell::definition
