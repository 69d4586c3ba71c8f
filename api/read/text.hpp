// Texts of failures: what is said to people, and what is the same from one failure to the next.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::api::answers {

/// At most `bytes` of it and an ellipsis, cut between characters.
std::string cut(std::string_view text, std::size_t bytes);

/// The sentence in a failure's cause: the member `message` of a result envelope, `errorMessage` of
/// a function, `Cause` of a nested run, else the cause itself.
std::string message_of(const std::string& cause);

/// The first line of a message without what varies: URLs, ids (UUIDs, ARNs, hexadecimal words) and
/// numbers as ‹url›, ‹id› and ‹n›. "37 of 502,259 rows" -> "‹n› of ‹n› rows".
std::string normalised(std::string_view message);

/// Whether a log's line tells of an error: says ERROR, FATAL, CRITICAL, Traceback or an exception's
/// name, or `error` where that is not empty.
bool tells_error(std::string_view line, std::string_view error);

}  // namespace stepwell::api::answers
