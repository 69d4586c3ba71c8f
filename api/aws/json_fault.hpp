// What is wrong with a text that is no JSON, in the words of the parser that AWS uses.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::api::aws {

/// "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null',
/// 'true' or 'false')". REQUIRES: `text` is not one JSON document.
std::string json_fault(std::string_view text);

}  // namespace stepwell::api::aws
