// The parts of a URL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stepwell::api {

/// "%2F" as "/"; a broken escape stays as it is.
std::string percent_decode(std::string_view text);
/// As percent_decode(), but nothing where an escape is broken or the result is not UTF-8.
std::optional<std::string> percent_decode_strictly(std::string_view text);
/// Everything but letters, digits and "-._~" as "%XX".
std::string percent_encode(std::string_view text);

/// "/api/v1/runs" -> {"api", "v1", "runs"}: still encoded, and empty segments kept. "/": none.
std::vector<std::string_view> split_path(std::string_view path);

/// "a=1&b" -> {{"a", "1"}, {"b", ""}}, decoded, '+' as a blank. Nothing where it cannot be decoded.
std::optional<std::vector<std::pair<std::string, std::string>>> split_query(std::string_view query);

/// What stands before and after the '?' of a request's target.
std::pair<std::string_view, std::string_view> split_target(std::string_view target);

}  // namespace stepwell::api
