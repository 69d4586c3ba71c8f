#include "api/cli/terminal.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace stepwell::api::cli {
namespace {

/// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

const char* code_of(Style style) {
    switch (style) {
        case Style::plain:
            return "";
        case Style::dim:
            return "\033[2m";
        case Style::bold:
            return "\033[1m";
        case Style::red:
            return "\033[31m";
        case Style::green:
            return "\033[32m";
        case Style::yellow:
            return "\033[33m";
    }
    return "";
}

std::string two_digits(std::int64_t value) {
    return (value < 10 ? "0" : "") + std::to_string(value);
}

}  // namespace

std::string Terminal::styled(std::string_view text, Style style) const {
    if (!has_colours || style == Style::plain) return std::string(text);
    return code_of(style) + std::string(text) + "\033[0m";
}

std::string Terminal::styled_status(std::string_view status) const {
    std::string word(status);
    std::transform(word.begin(), word.end(), word.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (word == "SUCCEEDED") return styled(word, Style::green);
    return styled(word, word == "RUNNING" ? Style::yellow : Style::red);
}

std::string duration_text(Duration duration) {
    const std::int64_t ms = duration.count();
    if (ms < 1'000) return std::to_string(ms) + " ms";
    const std::int64_t seconds = ms / 1'000;
    if (seconds < 60) {
        std::array<char, 32> buffer{};
        std::snprintf(buffer.data(), buffer.size(), "%.1f s", static_cast<double>(ms) / 1'000);
        return buffer.data();
    }
    if (seconds < 3'600) {
        return std::to_string(seconds / 60) + " m " + two_digits(seconds % 60) + " s";
    }
    return std::to_string(seconds / 3'600) + " h " + two_digits(seconds / 60 % 60) + " m";
}

std::string count_text(std::int64_t count) {
    std::string digits = std::to_string(count);
    const std::size_t first = count < 0 ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3;) {
        at -= 3;
        digits.insert(at, 1, ',');
    }
    return digits;
}

std::string rows_text(const Json& rows) {
    std::string out;
    if (!rows.is_object()) return out;
    for (const auto& [name, count] : rows.items()) {
        if (!count.is_number_integer() || count.get<std::int64_t>() == 0) continue;
        out += (out.empty() ? "" : ", ") + count_text(count.get<std::int64_t>()) + " " + name;
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t columns) {
    std::string line(text.substr(0, text.find('\n')));
    if (width(line) <= columns && line.size() == text.size()) return line;
    while (!line.empty() && width(line) >= columns) {
        while ((static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U) line.pop_back();
        line.pop_back();
    }
    return line + "…";
}

void Table::print(const Terminal& terminal) const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
        }
        const bool is_heading = &row == &rows_.front();
        terminal.out << (is_heading ? terminal.styled(line, Style::dim) : line) << '\n';
    }
}

std::string shell_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

}  // namespace stepwell::api::cli
