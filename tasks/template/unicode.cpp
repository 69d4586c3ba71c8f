#include "tasks/template/unicode.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "engine/base/utf8.hpp"
#include "tasks/template/meter.hpp"

namespace stepwell::tasks::jinja {
namespace {

struct Range {
    std::uint32_t first, last;
};
struct Strided {
    std::uint32_t first, last, step;
};
struct Mapping {
    std::uint32_t first, last, step;
    std::int32_t distance;
};
struct Special {
    std::uint32_t code;
    const char* text;
};

#include "tasks/template/unicode_tables.inc"

constexpr char32_t kLoneByte = 0xDC00;  // + the byte

/// The row of a table that may hold `c`; null where none does.
template <class Row, std::size_t count>
const Row* row_of(const Row (&rows)[count], char32_t c) {
    const Row* after = std::upper_bound(std::begin(rows), std::end(rows), c,
                                        [](char32_t code, const Row& r) { return code < r.first; });
    if (after == std::begin(rows)) return nullptr;
    const Row* row = after - 1;
    return c <= row->last ? row : nullptr;
}

/// The same, of rows that stand for every first or every second character.
template <class Row, std::size_t count>
const Row* strided_row_of(const Row (&rows)[count], char32_t c) {
    const Row* row = row_of(rows, c);
    return row != nullptr && (c - row->first) % row->step == 0 ? row : nullptr;
}

bool is_ascii(char32_t c) {
    return c < 0x80;
}

template <std::size_t specials, std::size_t mappings>
void append_mapped(std::string& text, char32_t c, const Special (&special)[specials],
                   const Mapping (&simple)[mappings]) {
    const auto* found =
        std::lower_bound(std::begin(special), std::end(special), c,
                         [](const Special& s, char32_t code) { return s.code < code; });
    if (found != std::end(special) && found->code == c) {
        text += found->text;
        return;
    }
    const Mapping* row = strided_row_of(simple, c);
    append_character(
        text,
        row == nullptr ? c : static_cast<char32_t>(static_cast<std::int64_t>(c) + row->distance));
}

}  // namespace

bool is_alpha(char32_t c) {
    if (is_ascii(c)) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return row_of(kAlpha, c) != nullptr;
}
bool is_decimal(char32_t c) {
    return is_ascii(c) ? c >= '0' && c <= '9' : row_of(kDecimal, c) != nullptr;
}
bool is_digit_like(char32_t c) {
    return is_decimal(c) || row_of(kDigit, c) != nullptr;
}
bool is_numeric(char32_t c) {
    return is_digit_like(c) || row_of(kNumeric, c) != nullptr;
}
bool is_space(char32_t c) {
    if (is_ascii(c)) return c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31);
    return row_of(kSpaces, c) != nullptr;
}
bool is_printable(char32_t c) {
    if (is_ascii(c)) return c >= 32 && c < 127;
    return (c < 0xD800 || c > 0xDFFF) && row_of(kUnprintable, c) == nullptr;
}
bool is_lower(char32_t c) {
    return is_ascii(c) ? c >= 'a' && c <= 'z' : strided_row_of(kLower, c) != nullptr;
}
bool is_upper(char32_t c) {
    return is_ascii(c) ? c >= 'A' && c <= 'Z' : strided_row_of(kUpper, c) != nullptr;
}
bool is_title(char32_t c) {
    return !is_ascii(c) && strided_row_of(kTitle, c) != nullptr;
}

std::u32string decoded(std::string_view text) {
    constexpr std::size_t kBytesPerStep = 8;
    Meter::current().spend(text.size() / kBytesPerStep);
    std::u32string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_length_of_first(text);
        const auto first = static_cast<unsigned char>(text[0]);
        if (length <= 1) {
            result += static_cast<char32_t>(length == 1 ? first : kLoneByte + first);
            text.remove_prefix(1);
            continue;
        }
        char32_t code = first & (0xFFU >> (length + 1));
        for (std::size_t i = 1; i < length; ++i)
            code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
        result += code;
        text.remove_prefix(length);
    }
    return result;
}

void append_character(std::string& text, char32_t c) {
    if (c >= kLoneByte + 0x80 && c <= kLoneByte + 0xFF)
        text += static_cast<char>(c & 0xFFU);
    else
        append_utf8(text, c);
}

std::string encoded(std::u32string_view text) {
    std::string result;
    result.reserve(text.size());
    for (const char32_t c : text) append_character(result, c);
    return result;
}

void append_changed(std::string& text, char32_t c, CaseChange change) {
    if (is_ascii(c)) {
        const bool raises = change == CaseChange::upper || change == CaseChange::title;
        if (raises && is_lower(c)) c -= 32;
        if (!raises && is_upper(c)) c += 32;
        text += static_cast<char>(c);
        return;
    }
    switch (change) {
        case CaseChange::lower:
            return append_mapped(text, c, kToLowerSpecial, kToLower);
        case CaseChange::upper:
            return append_mapped(text, c, kToUpperSpecial, kToUpper);
        case CaseChange::title:
            return append_mapped(text, c, kToTitleSpecial, kToTitle);
        case CaseChange::fold:
            return append_mapped(text, c, kToFoldSpecial, kToFold);
    }
}

}  // namespace stepwell::tasks::jinja
