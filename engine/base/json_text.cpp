// JSON values as text. What is written here is what the library would write: only faster, as every
// payload that is made passes through it, on the thread that all executions share.
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "engine/base/big_integer.hpp"
#include "engine/base/json_layout.hpp"
#include "engine/base/utf8.hpp"

namespace stepwell {
namespace {

using Word = std::uint64_t;

constexpr Word kOnes = 0x0101'0101'0101'0101;
constexpr Word kHighBits = 0x8080'8080'8080'8080;

/// Not 0 where one of the eight bytes has to be looked at: a control character, a quotation mark, a
/// backslash, or a part of a character beyond ASCII.
constexpr Word unusual_in(Word word) {
    const auto is_zero = [](Word w) { return (w - kOnes) & ~w; };
    const Word is_control = (word - kOnes * 0x20) & ~word;
    return (is_control | is_zero(word ^ (kOnes * '"')) | is_zero(word ^ (kOnes * '\\')) | word) &
           kHighBits;
}

bool is_usual(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/// How many bytes at the front of `text` stand for themselves.
std::size_t usual_length(std::string_view text) {
    std::size_t length = 0;
    for (; length + sizeof(Word) <= text.size(); length += sizeof(Word)) {
        Word word = 0;
        std::memcpy(&word, text.data() + length, sizeof word);
        if (unusual_in(word) != 0) break;
    }
    while (length < text.size() && is_usual(text[length])) ++length;
    return length;
}

void append_escaped(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default: {
            constexpr std::string_view kDigits = "0123456789abcdef";
            const auto byte = static_cast<std::uint8_t>(c);
            out += "\\u00";
            out += kDigits[byte >> 4];
            out += kDigits[byte & 0xF];
        }
    }
}

/// False where it is not UTF-8; then only a part of it is written.
bool append_string(std::string& out, std::string_view text) {
    out += '"';
    while (true) {
        const std::size_t usual = usual_length(text);
        out += text.substr(0, usual);
        text.remove_prefix(usual);
        if (text.empty()) break;
        const std::size_t length = utf8_length_of_first(text);
        if (length == 0) return false;
        if (length == 1) {
            append_escaped(out, text.front());
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    out += '"';
    return true;
}

/// What is rare, the library writes: numbers with a fraction, and bytes that are not UTF-8.
void append_as_library(std::string& out, const Json& value) {
    out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append_string_or_repaired(std::string& out, std::string_view text) {
    const std::size_t before = out.size();
    if (append_string(out, text)) return;
    out.resize(before);
    append_as_library(out, Json(text));
}

template <class T>
void append_number(std::string& out, T number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append(std::string& out, const Json& value);

void append_object(std::string& out, const Json& value) {
    out += '{';
    bool is_first = true;
    for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
        if (!is_first) out += ',';
        is_first = false;
        append_string_or_repaired(out, name);
        out += ':';
        append(out, member);
    }
    out += '}';
}

void append_array(std::string& out, const Json& value) {
    out += '[';
    bool is_first = true;
    for (const Json& element : value.get_ref<const Json::array_t&>()) {
        if (!is_first) out += ',';
        is_first = false;
        append(out, element);
    }
    out += ']';
}

void append(std::string& out, const Json& value) {
    switch (value.type()) {
        case Json::value_t::null:
            out += "null";
            return;
        case Json::value_t::boolean:
            out += value.get<bool>() ? "true" : "false";
            return;
        case Json::value_t::number_integer:
            return append_number(out, value.get<std::int64_t>());
        case Json::value_t::number_unsigned:
            return append_number(out, value.get<std::uint64_t>());
        case Json::value_t::string:
            return append_string_or_repaired(out, value.get_ref<const std::string&>());
        case Json::value_t::binary:
            out += digits_of(value);
            return;
        case Json::value_t::object:
            return append_object(out, value);
        case Json::value_t::array:
            return append_array(out, value);
        default:
            return append_as_library(out, value);
    }
}

void append_line(std::string& out, std::size_t level) {
    out += '\n';
    out.append(level * 2, ' ');
}

/// A line for each member and element.
void append_lines(std::string& out, const Json& value, std::size_t level) {
    if (!value.is_structured() || value.empty()) return append(out, value);
    const bool is_object = value.is_object();
    out += is_object ? '{' : '[';
    bool is_first = true;
    for (auto it = value.begin(); it != value.end(); ++it) {
        if (!is_first) out += ',';
        is_first = false;
        append_line(out, level + 1);
        if (is_object) {
            append_string_or_repaired(out, it.key());
            out += ": ";
        }
        append_lines(out, it.value(), level + 1);
    }
    append_line(out, level);
    out += is_object ? '}' : ']';
}

}  // namespace

std::string to_lines(const Json& value) {
    std::string text;
    append_lines(text, value, 0);
    return text;
}

std::string to_text(const Json& value) {
    std::string text;
    append(text, value);
    return text;
}

void append_json(std::string& out, std::string_view text) {
    append_string_or_repaired(out, text);
}

void append_json(std::string& out, std::int64_t number) {
    append_number(out, number);
}

}  // namespace stepwell
