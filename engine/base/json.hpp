// The JSON value used everywhere: members keep the order in which they came, as users see their
// documents again in histories and outputs.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ordered_map.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace stepwell {

/// To find, add or compare a member costs the same in a large object as in a small one.
using Json = nlohmann::basic_json<OrderedMap>;

/// Deeper documents are refused: the serialiser and our own walks recurse.
inline constexpr int kJsonDepthMax = 256;

/// What one request's body may hold in members and elements: room for a run's input of the largest
/// size, and no more. Each of them costs some hundred bytes once it is parsed.
inline constexpr std::size_t kJsonBodyValuesMax = 150'000;

/// Parses one JSON document. A repeated member keeps its last value.
///
/// Fails with `invalid`; the message says line, column and what was found, and no more than a
/// short excerpt of the text. More than `values_max` members and elements are refused unparsed.
Result<Json> parse_json(std::string_view text, std::size_t values_max = SIZE_MAX);

/// Whether `text` is one JSON document that parse_json() accepts, without building it. Says how
/// deep it is.
Result<int> check_json(std::string_view text);

/// How deep arrays and objects stand in each other in `text`. Linear, and does not recurse.
/// REQUIRES: it is JSON; of anything else it says no less.
int json_depth(std::string_view text);

/// Whether arrays and objects stand in each other more than `depth` deep. What is put together out
/// of parsed documents can be deeper than any of them.
bool is_deeper_than(const Json& value, int depth);

/// "/a~1b": a member's name as one part of a JSON pointer.
std::string pointer_part(std::string_view key);

/// Compact JSON. Bytes that are not UTF-8 are replaced by U+FFFD.
std::string to_text(const Json& value);

/// The same for a string and for a number, at the end of `out`: for texts that are written by the
/// thousand, where a Json for each would cost more than all else.
void append_json(std::string& out, std::string_view text);
void append_json(std::string& out, std::int64_t number);

/// The member, or null where `object` is not an object or has no such member.
const Json* find(const Json& object, std::string_view key);

/// The member where it is a string, else `otherwise`.
std::string string_or(const Json& object, std::string_view key, std::string_view otherwise);
/// The member where it is a whole number and not negative, else 0.
std::uint64_t unsigned_in(const Json& object, std::string_view key);
/// The member where it is a time in milliseconds since the epoch.
std::optional<Timestamp> time_in(const Json& object, std::string_view key);

}  // namespace stepwell
