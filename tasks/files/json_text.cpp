#include "tasks/files/json_text.hpp"

#include <cstdint>

#include "engine/base/ascii.hpp"
#include "engine/base/utf8.hpp"

namespace stepwell::tasks::data {
namespace {

class JsonText {
public:
    explicit JsonText(std::string_view text) : text_(text) {}

    [[nodiscard]] bool is_at_end() const { return at_ >= text_.size(); }
    void skip_blanks() {
        while (!is_at_end() && is_blank(text_[at_])) ++at_;
    }
    bool take(char c) {
        skip_blanks();
        if (is_at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    /// A text with its quotes; empty where none begins here.
    std::string_view take_string() {
        const std::size_t from = at_;
        if (is_at_end() || text_[at_] != '"') return {};
        for (++at_; !is_at_end() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\') ++at_;
        }
        if (is_at_end()) return {};
        ++at_;
        return text_.substr(from, at_ - from);
    }
    /// Any value, as it stands.
    std::string_view take_value() {
        skip_blanks();
        const std::size_t from = at_;
        if (is_at_end()) return {};
        if (text_[at_] == '"') return take_string();
        if (text_[at_] == '{' || text_[at_] == '[') {
            skip_nested();
        } else {
            while (!is_at_end() && !is_end(text_[at_])) ++at_;
        }
        return text_.substr(from, at_ - from);
    }

private:
    static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
    static bool is_end(char c) { return c == ',' || c == '}' || c == ']' || is_blank(c); }
    void skip_nested() {
        int depth = 0;
        while (!is_at_end()) {
            const char c = text_[at_];
            if (c == '"') {
                if (take_string().empty()) return;
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            ++at_;
            if (depth == 0) return;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// Four hexadecimal digits at `at`; 0xFFFD where they are none.
std::uint32_t unit_at(std::string_view text, std::size_t at) {
    std::uint32_t unit = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        const int digit = i < text.size() ? hex_value(text[i]) : -1;
        if (digit < 0) return 0xFFFD;
        unit = unit * 16 + static_cast<std::uint32_t>(digit);
    }
    return unit;
}

/// The code point of \uXXXX at `at` (behind the u); moves `at` behind it. Half of a pair is U+FFFD.
std::uint32_t point_at(std::string_view text, std::size_t& at) {
    const std::uint32_t unit = unit_at(text, at);
    at += 4;
    if (unit < 0xD800 || unit > 0xDFFF) return unit;
    const bool has_second = unit < 0xDC00 && text.substr(at).starts_with("\\u");
    const std::uint32_t low = has_second ? unit_at(text, at + 2) : 0;
    if (low < 0xDC00 || low > 0xDFFF) return 0xFFFD;
    at += 6;
    return 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00);
}

char unescaped(char c) {
    switch (c) {
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        default:
            return c;
    }
}

}  // namespace

std::string_view json_plain_text(std::string_view quoted, std::string& scratch) {
    const std::string_view text = quoted.substr(1, quoted.size() - 2);
    if (text.find('\\') == text.npos) return text;
    scratch.clear();
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at++];
        if (c != '\\' || at == text.size()) {
            scratch += c;
            continue;
        }
        const char kind = text[at++];
        if (kind == 'u') {
            append_utf8(scratch, point_at(text, at));
        } else {
            scratch += unescaped(kind);
        }
    }
    return scratch;
}

std::optional<std::string_view> json_member(std::string_view json, std::string_view key,
                                            std::string& scratch) {
    JsonText text(json);
    if (!text.take('{')) return std::nullopt;
    do {
        text.skip_blanks();
        const std::string_view name = text.take_string();
        if (name.empty() || !text.take(':')) return std::nullopt;
        const bool is_it = json_plain_text(name, scratch) == key;
        const std::string_view value = text.take_value();
        if (!is_it) continue;
        if (value.empty() || value == "null") return std::nullopt;
        return value[0] == '"' ? json_plain_text(value, scratch) : value;
    } while (text.take(','));
    return std::nullopt;
}

}  // namespace stepwell::tasks::data
