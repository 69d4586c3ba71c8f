// Takes the members of a JSON object as they are written: a number keeps all its digits, which no
// double would.
//
// Threads: pure functions, all safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stepwell::tasks::data {

/// What `quoted`, a JSON text with its quotes, stands for. Half of a pair of UTF-16 is U+FFFD.
/// `scratch` holds what is returned where there are escapes.
std::string_view json_plain_text(std::string_view quoted, std::string& scratch);

/// The member `key` of the object `json` as text: texts without quotes and escapes, all else as it
/// stands. Nothing where there is no such member or it is null. Of members of one name the first
/// counts. `scratch` may hold what is returned.
///
/// REQUIRES: `json` is valid JSON; of anything else the answer is any text or nothing.
std::optional<std::string_view> json_member(std::string_view json, std::string_view key,
                                            std::string& scratch);

}  // namespace stepwell::tasks::data
