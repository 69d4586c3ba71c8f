// Text helpers of the template engine: what Python's str does, on UTF-8. Positions and widths count
// characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/unicode.hpp"

namespace stepwell::tasks::jinja {

/// One string per character.
std::vector<std::string> characters(std::string_view text);
/// How many characters.
std::size_t width_of(std::string_view text);

enum class Side { left, right, both };
/// Without the characters of `set` (white space, where it is not given) at the side.
std::string strip(std::string_view text, std::optional<std::string_view> set = std::nullopt,
                  Side side = Side::both);
std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string casefold(std::string_view text);
std::string swapcase(std::string_view text);
std::string capitalize(std::string_view text);
std::string title(std::string_view text);
/// Every occurrence, or the first `count` where it is not negative.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to,
                        long count = -1);
/// How many times `part` stands in the text, without overlaps; of an empty one, its places.
std::size_t count_of(std::string_view text, std::string_view part);
/// Python's split(): by white space, empty pieces dropped. What is left at the limit keeps the
/// white space at its far end.
std::vector<std::string> split_words(std::string_view text, long limit = -1);
std::vector<std::string> rsplit_words(std::string_view text, long limit);
std::vector<std::string> split(std::string_view text, std::string_view separator, long limit = -1);
std::vector<std::string> rsplit(std::string_view text, std::string_view separator, long limit);
/// By every kind of line end that Python knows.
std::vector<std::string> split_lines(std::string_view text, bool keeps_ends = false);
std::string expand_tabs(std::string_view text, long size);
/// Filled to `width` characters.
std::string padded(std::string_view text, std::size_t width, char32_t fill, bool at_left,
                   bool at_right);
/// Lines of at most `width` characters, as Python's textwrap makes them of one without line ends.
std::vector<std::string> wrapped(std::string_view line, std::size_t width, bool breaks_words,
                                 bool breaks_hyphens);

}  // namespace stepwell::tasks::jinja
