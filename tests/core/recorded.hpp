// Holds a history against what AWS recorded.
#pragma once

#include <string>

#include "engine/base/json.hpp"

namespace stepwell::test {

/// Empty where `got` is what was recorded, else one line on the first difference. A recorded text
/// with placeholders such as <uuid:1> stands for any text in their places. Recorded event details
/// show JSON texts parsed; inside such a document nothing more is parsed.
std::string difference(const Json& want, const Json& got, const std::string& at,
                       bool is_document = false);

/// The same over histories; `is_unordered` compares them as bags of events without ids.
std::string history_difference(const Json& want, const Json& got, bool is_unordered);

}  // namespace stepwell::test
