// Characters as ASCII has them, whatever the locale says.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace stepwell {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// Without the blanks at both ends.
constexpr std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// What stands between the separators, empty parts too; the last of `parts_max` is all the rest.
inline std::vector<std::string_view> split(std::string_view text, char separator,
                                           std::size_t parts_max = std::string_view::npos) {
    std::vector<std::string_view> parts;
    while (parts.size() + 1 < parts_max) {
        const std::size_t at = text.find(separator);
        if (at == text.npos) break;
        parts.push_back(text.substr(0, at));
        text.remove_prefix(at + 1);
    }
    parts.push_back(text);
    return parts;
}

/// The value of a hexadecimal digit in either case; -1 where it is none.
constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether `part` stands in `text`, in capitals or not.
constexpr bool has_part(std::string_view text, std::string_view part) {
    return std::search(text.begin(), text.end(), part.begin(), part.end(),
                       [](char a, char b) { return lower(a) == lower(b); }) != text.end() ||
           part.empty();
}

/// Whether `pattern`, in which `*` stands for any characters and `?` for one, is all of `text`.
constexpr bool fits_glob(std::string_view text, std::string_view pattern) {
    std::size_t at = 0;
    std::size_t in = 0;
    std::size_t star = std::string_view::npos;  // the last one, and what it stood for so far
    std::size_t stood = 0;
    while (at < text.size()) {
        if (in < pattern.size() && pattern[in] == '*') {
            star = in++;
            stood = at;
        } else if (in < pattern.size() && (pattern[in] == '?' || pattern[in] == text[at])) {
            ++in;
            ++at;
        } else if (star != std::string_view::npos) {
            in = star + 1;
            at = ++stood;
        } else {
            return false;
        }
    }
    while (in < pattern.size() && pattern[in] == '*') ++in;
    return in == pattern.size();
}

}  // namespace stepwell
