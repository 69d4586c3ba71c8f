// The forms in which a value may appear in what a task gives back: what the masker looks for.
//
// A long value is cut into units (its lines, and pieces of 256 bytes), for a log shows it in parts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stepwell::api {

/// A shorter value stands in too many texts by chance to be masked.
inline constexpr std::size_t kSecretBytesMin = 4;
inline constexpr std::size_t kSecretBytesMax = 8'192;

/// Raw, base64 (three alignments, both alphabets), URL-quoted, JSON-escaped (also twice), hex, and
/// as SQL, CSV, HTML and shells quote it; each once, none shorter than kSecretBytesMin. Empty for a
/// value that is too short.
std::vector<std::string> forms_of_secret(std::string_view value);

}  // namespace stepwell::api
