// Texts as JavaScript has them: positions and order in UTF-16 units, characters as code points,
// numbers in its spelling. Halves of surrogate pairs, which only escapes can make, are kept as
// three bytes each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stepwell::expression::jsonata {

/// The code point at the front, and how many bytes it takes. A byte that begins none is U+FFFD.
struct Point {
    char32_t value = 0;
    std::size_t bytes = 1;
};
Point point_at(std::string_view text, std::size_t at);

/// How many UTF-16 units `text` has.
std::size_t utf16_length(std::string_view text);
/// How many code points.
std::size_t point_count(std::string_view text);
/// Where the `count`th code point begins, in bytes; the end of the text where it has fewer.
std::size_t offset_of_point(std::string_view text, std::size_t count);

/// Adds a code point or half of a pair; the second half joins the first.
void append_point(std::string& out, char32_t point);
/// Joins texts where the first may end in half of a pair.
void append_text(std::string& out, std::string_view text);
/// Whether it holds half of a surrogate pair.
bool has_lone_surrogate(std::string_view text);

/// "1e+21", "0.1": the shortest that reads back.
std::string number_text(double number);
/// What toPrecision(15) reads back as; whole numbers stay as they are.
double rounded_to_15_digits(double number);

}  // namespace stepwell::expression::jsonata
