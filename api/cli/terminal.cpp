#include "api/cli/terminal.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace stepwell::api::cli {
namespace {

/// How long the sequence is that sets colours at the start of `text`: ESC [ digits ; ... m. 0:
/// there is none.
std::size_t colours_length(std::string_view text) {
    if (!text.starts_with("\033[")) return 0;
    const std::size_t end = text.find_first_not_of("0123456789;", 2);
    return end != text.npos && text[end] == 'm' ? end + 1 : 0;
}

/// Characters, not bytes: continuation bytes of UTF-8 take no column, and colours none.
std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const std::size_t colours = colours_length(text);
        const bool is_character = (static_cast<unsigned char>(text.front()) & 0xC0U) != 0x80U;
        if (colours == 0 && is_character) ++columns;
        text.remove_prefix(std::max<std::size_t>(colours, 1));
    }
    return columns;
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

/// U+0080 to U+009F: some terminals take them for the start of a sequence.
bool is_upper_control(std::string_view text) {
    return text.size() > 1 && text[0] == '\xC2' &&
           (static_cast<unsigned char>(text[1]) & 0xE0U) == 0x80U;
}

std::string without_controls(std::string_view text, std::string_view allowed) {
    std::string out;
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        if (const std::size_t length = colours_length(text); length > 0) {
            text.remove_prefix(length);
            continue;
        }
        const bool is_control =
            (byte < 0x20 || byte == 0x7F) && allowed.find(text.front()) == allowed.npos;
        const std::size_t length = is_upper_control(text) ? 2 : 1;
        if (is_control || length == 2) {
            out += '^';
            // The caret notation of terminals: the control character's letter.
            out +=
                static_cast<char>((static_cast<unsigned char>(text[length - 1]) & 0x7FU) ^ 0x40U);
        } else {
            out += text.front();
        }
        text.remove_prefix(length);
    }
    return out;
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

std::string printable(std::string_view text) {
    return without_controls(text, "\n\t");
}

std::string printable_line(std::string_view text) {
    return without_controls(text, "\t");
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
    if (rows_.size() == 1) {
        terminal.out << terminal.styled("(none)", Style::dim) << '\n';
        return;
    }
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

std::string shell_word(const std::string& text) {
    const bool is_plain = text.find_first_of(" '\"\\$`&|;<>()*?[]#~!\t\n") == text.npos;
    return is_plain && !text.empty() ? text : shell_quoted(text);
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
