#include "engine/expression/jsonata/lexer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "engine/base/ascii.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

constexpr auto kPairs =
    std::to_array<std::string_view>({"..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"});
constexpr std::string_view kSingles = ".[]{}(),@#;:?+-*/%|=<>^&!~";

constexpr bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v';
}

/// Flags and the slash are found by looking at brackets alone: in a class or a group a slash is
/// itself.
bool opens(char c) {
    return c == '(' || c == '[' || c == '{';
}
bool closes(char c) {
    return c == ')' || c == ']' || c == '}';
}

}  // namespace

Fault Lexer::fault(std::string code) const {
    Fault made;
    made.code = std::move(code);
    made.position = static_cast<std::int64_t>(at_);
    return made;
}

Result<Token, Fault> Lexer::next(bool is_after_operand) {
    SW_TRY(skip_blanks());
    if (at_ >= text_.size()) return made(Token::Kind::end, "(end)");
    const char c = peek();
    if (!is_after_operand && c == '/') {
        ++at_;
        return regex();
    }
    for (const std::string_view pair : kPairs) {
        const bool is_default = pair == "?:" || pair == "??";
        if (!text_.substr(at_).starts_with(pair) || (is_default && !has_defaults_)) continue;
        at_ += pair.size();
        return made(Token::Kind::op, pair);
    }
    if (kSingles.find(c) != kSingles.npos) {
        ++at_;
        return made(Token::Kind::op, std::string_view(&c, 1));
    }
    if (c == '"' || c == '\'') {
        ++at_;
        return quoted(c);
    }
    if (is_digit(c)) return number();
    if (c == '`') return quoted_name();
    return word();
}

Result<void, Fault> Lexer::skip_blanks() {
    while (at_ < text_.size()) {
        if (is_space(peek())) {
            ++at_;
            continue;
        }
        if (peek() != '/' || peek(1) != '*') break;
        const std::size_t begin = at_;
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == text_.npos) {
            at_ = begin;
            return fail(fault("S0106"));
        }
        at_ = end + 2;
    }
    return {};
}

Result<Token, Fault> Lexer::regex() {
    const std::size_t begin = at_;
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
        const char c = peek();
        const bool is_escaped = text_[at_ - 1] == '\\' && (at_ < 2 || text_[at_ - 2] != '\\');
        if (c == '/' && !is_escaped && depth == 0) {
            Token token = made(Token::Kind::regex, text_.substr(begin, at_ - begin));
            if (token.text.empty()) return fail(fault("S0301"));
            ++at_;
            while (peek() == 'i' || peek() == 'm') token.flags += text_[at_++];
            token.position = at_;
            return token;
        }
        if (opens(c) && !is_escaped) ++depth;
        if (closes(c) && !is_escaped) --depth;
    }
    return fail(fault("S0302"));
}

Result<Token, Fault> Lexer::quoted(char quote) {
    std::string value;
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == quote) {
            ++at_;
            return made(Token::Kind::string, value);
        }
        if (c == '\\') {
            SW_TRY(escape(value));
            continue;
        }
        value += c;
        ++at_;
    }
    return fail(fault("S0101"));
}

Result<void, Fault> Lexer::escape(std::string& value) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    ++at_;
    const char c = peek();
    if (const std::size_t known = kLetters.find(c); c != '\0' && known != kLetters.npos) {
        value += kMeanings[known];
        ++at_;
        return {};
    }
    if (c != 'u') {
        return fail(fault("S0103").on(text_.substr(at_, point_at(text_, at_).bytes)));
    }
    char32_t unit = 0;
    for (std::size_t i = 1; i <= 4; ++i) {
        const int digit = hex_value(peek(i));
        if (digit < 0) return fail(fault("S0104"));
        unit = unit << 4 | static_cast<char32_t>(digit);
    }
    append_point(value, unit);
    at_ += 5;
    return {};
}

Result<Token, Fault> Lexer::number() {
    const std::size_t begin = at_;
    const auto digits = [&](std::size_t from) {
        while (from < text_.size() && is_digit(text_[from])) ++from;
        return from;
    };
    at_ = peek() == '0' ? at_ + 1 : digits(at_);
    if (peek() == '.' && is_digit(peek(1))) at_ = digits(at_ + 1);
    if (peek() == 'e' || peek() == 'E') {
        const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
        if (is_digit(peek(sign))) at_ = digits(at_ + sign);
    }
    Token token = made(Token::Kind::number, text_.substr(begin, at_ - begin));
    const auto [end, error] =
        std::from_chars(token.text.data(), token.text.data() + token.text.size(), token.number);
    if (error == std::errc::result_out_of_range)
        token.number = std::strtod(token.text.c_str(), nullptr);
    if (std::isinf(token.number)) {
        at_ = begin;
        return fail(fault("S0102").on(token.text));
    }
    return token;
}

Result<Token, Fault> Lexer::quoted_name() {
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == text_.npos) {
        at_ = text_.size();
        return fail(fault("S0105"));
    }
    const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return made(Token::Kind::name, name);
}

Token Lexer::word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) &&
           kSingles.find(text_[at_]) == kSingles.npos) {
        ++at_;
    }
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.starts_with('$')) return made(Token::Kind::variable, word.substr(1));
    if (word == "or" || word == "in" || word == "and") return made(Token::Kind::op, word);
    if (word == "true" || word == "false") return made(Token::Kind::boolean, word);
    if (word == "null") return made(Token::Kind::null, word);
    return made(Token::Kind::name, word);
}

}  // namespace stepwell::expression::jsonata
