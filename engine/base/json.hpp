// The JSON value used everywhere: members keep the order in which they came, as users see their
// documents again in histories and outputs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace stepwell {

using Json = nlohmann::ordered_json;

/// Deeper documents are refused: the serialiser and our own walks recurse.
inline constexpr int kJsonDepthMax = 256;

/// Parses one JSON document. A repeated member keeps its last value.
///
/// Fails with `invalid`; the message says line, column and what was found, and no more than a
/// short excerpt of the text.
Result<Json> parse_json(std::string_view text);

/// Whether `text` is one JSON document that parse_json() accepts, without building it.
Result<void> check_json(std::string_view text);

/// Whether arrays and objects stand in each other more than `depth` deep. What is put together out
/// of parsed documents can be deeper than any of them.
bool is_deeper_than(const Json& value, int depth);

/// "/a~1b": a member's name as one part of a JSON pointer.
std::string pointer_part(std::string_view key);

/// Compact JSON. Bytes that are not UTF-8 are replaced by U+FFFD.
std::string to_text(const Json& value);

/// The member, or null where `object` is not an object or has no such member.
const Json* find(const Json& object, std::string_view key);

/// The member where it is a string, else `otherwise`.
std::string string_or(const Json& object, std::string_view key, std::string_view otherwise);

}  // namespace stepwell
