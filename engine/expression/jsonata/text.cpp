#include "engine/expression/jsonata/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "engine/base/utf8.hpp"

namespace stepwell::expression::jsonata {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool is_high_half(char32_t point) {
    return point >= 0xD800 && point < 0xDC00;
}
bool is_low_half(char32_t point) {
    return point >= 0xDC00 && point < 0xE000;
}

/// Digits and the decimal exponent of the first one: 12.5 is "125" and 1.
struct Digits {
    std::string text;
    int exponent = 0;
};

Digits shortest_digits(double number) {
    std::array<char, 40> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                   std::chars_format::scientific)
                         .ptr;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    const std::size_t e = text.find('e');
    Digits digits;
    for (const char c : text.substr(0, e)) {
        if (c != '.') digits.text += c;
    }
    digits.exponent = std::atoi(text.data() + e + 1);
    return digits;
}

}  // namespace

Point point_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto goes_on = [&](std::size_t count) {
        for (std::size_t i = 1; i <= count; ++i) {
            if ((byte(i) & 0xC0U) != 0x80U) return false;
        }
        return true;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    if (lead >= 0xC2 && lead < 0xE0 && goes_on(1)) {
        return {(lead & 0x1FU) << 6 | (byte(1) & 0x3FU), 2};
    }
    if (lead >= 0xE0 && lead < 0xF0 && goes_on(2)) {
        return {(lead & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU), 3};
    }
    if (lead >= 0xF0 && lead < 0xF5 && goes_on(3)) {
        return {(lead & 0x07U) << 18 | (byte(1) & 0x3FU) << 12 | (byte(2) & 0x3FU) << 6 |
                    (byte(3) & 0x3FU),
                4};
    }
    return {kReplacement, 1};
}

std::size_t utf16_length(std::string_view text) {
    std::size_t units = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        units += (byte & 0xC0U) != 0x80U;
        units += byte >= 0xF0;
    }
    return units;
}

std::size_t point_count(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += !is_utf8_continuation(c);
    return count;
}

std::size_t offset_of_point(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    while (at < text.size()) {
        if (!is_utf8_continuation(text[at]) && count-- == 0) return at;
        ++at;
    }
    return at;
}

void append_point(std::string& out, char32_t point) {
    if (is_low_half(point) && out.size() >= 3) {
        const Point before = point_at(out, out.size() - 3);
        if (before.bytes == 3 && is_high_half(before.value)) {
            out.resize(out.size() - 3);
            point = 0x10000 + ((before.value - 0xD800) << 10) + (point - 0xDC00);
        }
    }
    append_utf8(out, point);
}

void append_text(std::string& out, std::string_view text) {
    if (text.size() >= 3 && static_cast<unsigned char>(text[0]) == 0xED) {
        const Point first = point_at(text, 0);
        append_point(out, first.value);
        text.remove_prefix(first.bytes);
    }
    out += text;
}

bool has_lone_surrogate(std::string_view text) {
    for (std::size_t at = text.find('\xED'); at != text.npos; at = text.find('\xED', at + 1)) {
        const char32_t point = point_at(text, at).value;
        if (is_high_half(point) || is_low_half(point)) return true;
    }
    return false;
}

std::string number_text(double number) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
    if (number == 0) return "0";
    std::string out = number < 0 ? "-" : "";
    auto [digits, exponent] = shortest_digits(std::abs(number));
    const int count = static_cast<int>(digits.size());
    if (exponent >= 0 && exponent < 21) {
        if (count <= exponent + 1) {
            return out + digits + std::string(static_cast<std::size_t>(exponent + 1 - count), '0');
        }
        digits.insert(static_cast<std::size_t>(exponent) + 1, ".");
        return out + digits;
    }
    if (exponent < 0 && exponent > -7) {
        return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
    }
    if (count > 1) digits.insert(1, ".");
    return out + digits + (exponent < 0 ? "e-" : "e+") + std::to_string(std::abs(exponent));
}

double rounded_to_15_digits(double number) {
    if (std::floor(number) == number) return number;
    std::array<char, 40> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.14e", number);
    return std::strtod(buffer.data(), nullptr);
}

}  // namespace stepwell::expression::jsonata
