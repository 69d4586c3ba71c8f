// UTF-8 text where its characters matter: counting, splitting, and bytes that are not UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stepwell {

/// Whether a byte goes on with a character, and does not begin one.
constexpr bool is_utf8_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Bytes of the character at the front of `text`; 0 where there is none, or it is not UTF-8 (too
/// long a form, a surrogate, beyond U+10FFFF).
std::size_t utf8_length_of_first(std::string_view text);

/// Whether all of `text` is UTF-8.
bool is_utf8(std::string_view text);

/// Characters (code points); each byte that belongs to none counts as one.
std::size_t utf8_count(std::string_view text);

/// The code point (below U+110000) as UTF-8, at the end of `out`. Half of a surrogate pair comes
/// out as three bytes, which are not UTF-8: whoever may have one decides before.
void append_utf8(std::string& out, char32_t point);

/// Latin-1, where each byte is its own code point, as UTF-8.
std::string utf8_of_latin1(std::string_view bytes);

/// `text` with each byte that belongs to no character replaced by U+FFFD.
std::string utf8_repaired(std::string_view text);

/// The order of UTF-16 code units, which is that of Java and JavaScript: it differs from the order
/// of bytes where characters beyond U+FFFF meet those from U+E000 on.
bool utf16_less(std::string_view a, std::string_view b);

}  // namespace stepwell
