#include "engine/base/utf8.hpp"

#include <algorithm>
#include <cstdint>

namespace stepwell {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

/// What the first byte announces; 0 where no character begins with it.
std::size_t announced_length(std::uint8_t lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xC2) return 0;
    if (lead < 0xE0) return 2;
    if (lead < 0xF0) return 3;
    return lead < 0xF5 ? 4 : 0;
}

/// Whether the second byte keeps the character in the range that its first byte leaves open.
bool fits_second(std::uint8_t lead, std::uint8_t second) {
    if (lead == 0xE0) return second >= 0xA0;  // else too long a form
    if (lead == 0xED) return second <= 0x9F;  // else a surrogate
    if (lead == 0xF0) return second >= 0x90;
    if (lead == 0xF4) return second <= 0x8F;  // else beyond U+10FFFF
    return true;
}

/// U+E000..U+FFFF begin with EE or EF and come after the pairs of surrogates, which stand for what
/// begins with F0..F4.
std::uint8_t utf16_rank(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte == 0xEE || byte == 0xEF ? static_cast<std::uint8_t>(byte + 0x10) : byte;
}

}  // namespace

void append_utf8(std::string& out, char32_t point) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
    const auto put_rest = [&](unsigned shift) { put(0x80 | ((point >> shift) & 0x3F)); };
    if (point < 0x80) return put(point);
    if (point < 0x800) {
        put(0xC0 | point >> 6U);
    } else if (point < 0x10000) {
        put(0xE0 | point >> 12U);
        put_rest(6);
    } else {
        put(0xF0 | point >> 18U);
        put_rest(12);
        put_rest(6);
    }
    put_rest(0);
}

std::string utf8_of_latin1(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() + bytes.size() / 8);
    for (const char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
    return text;
}

std::size_t utf8_length_of_first(std::string_view text) {
    if (text.empty()) return 0;
    const std::uint8_t lead = byte_at(text, 0);
    const std::size_t length = announced_length(lead);
    if (length <= 1) return length;
    if (length > text.size() || !fits_second(lead, byte_at(text, 1))) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
    }
    return length;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = byte_at(text, 0) < 0x80 ? 1 : utf8_length_of_first(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::size_t utf8_count(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        text.remove_prefix(std::max<std::size_t>(1, utf8_length_of_first(text)));
    }
    return count;
}

std::string utf8_repaired(std::string_view text) {
    std::string repaired;
    repaired.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_length_of_first(text);
        repaired += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(1, length));
    }
    return repaired;
}

bool utf16_less(std::string_view a, std::string_view b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return utf16_rank(x) < utf16_rank(y);
    });
}

}  // namespace stepwell
