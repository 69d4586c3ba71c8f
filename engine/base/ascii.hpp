// Characters as ASCII has them, whatever the locale says.
#pragma once

namespace stepwell {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The value of a hexadecimal digit in either case; -1 where it is none.
constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace stepwell
