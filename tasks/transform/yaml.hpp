// YAML property files as JSON values.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/json.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::transform {

using data::DataResult;

/// One document. Scalars as YAML 1.1's core has them: null, true/false, numbers; quoted ones are
/// texts. Anchors, aliases and `<<` merges are resolved; depth and size are limited, so that
/// aliases cannot blow up. Fails with E_CONFIG ("file:line:column: ...").
DataResult<Json> read_yaml(std::string_view text, const std::string& file);

}  // namespace stepwell::tasks::transform
