#include "engine/expression/scanner.hpp"

#include <charconv>

#include "engine/base/utf8.hpp"

namespace stepwell::expression {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The four digits after "\u"; a lone surrogate becomes U+FFFD.
Result<char32_t> scan_code_unit(Scanner& scanner) {
    const std::size_t begin = scanner.position();
    while (scanner.position() - begin < 4 && is_hex_digit(scanner.peek())) scanner.advance();
    const std::string_view digits = scanner.since(begin);
    if (digits.size() != 4) return scanner.expected("four hexadecimal digits");
    std::uint32_t unit = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
    return static_cast<char32_t>(unit);
}

Result<void> scan_unicode_escape(Scanner& scanner, std::string& text) {
    constexpr char32_t kReplacement = 0xFFFD;
    char32_t code_point = SW_TRY(scan_code_unit(scanner));
    if (code_point >= 0xD800 && code_point < 0xDC00 && scanner.eat("\\u")) {
        const char32_t low = SW_TRY(scan_code_unit(scanner));
        const bool is_pair = low >= 0xDC00 && low < 0xE000;
        code_point =
            is_pair ? 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00) : kReplacement;
    }
    if (code_point >= 0xD800 && code_point < 0xE000) code_point = kReplacement;
    utf8_append(text, code_point);
    return {};
}

/// What stands for itself after a backslash, or for a control character.
char escaped(char c) {
    switch (c) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case 'r':
            return '\r';
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        default:
            return c;
    }
}

}  // namespace

bool Scanner::eat(char c) {
    if (is_at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
}

bool Scanner::eat(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
}

void Scanner::skip_blanks() {
    take_while([](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
}

stepwell::Failure<Error> Scanner::expected(std::string_view what) const {
    std::string message =
        "expected " + std::string(what) + " at character " + std::to_string(at_ + 1);
    if (is_at_end()) return fail(ErrorCode::invalid, message + ", but the text ends there");
    const std::string_view rest = text_.substr(at_);
    const std::size_t length = std::max<std::size_t>(1, utf8_length_of_first(rest));
    return fail(ErrorCode::invalid,
                message + ", but found '" + utf8_repaired(rest.substr(0, length)) + "'");
}

Result<std::string> scan_quoted(Scanner& scanner) {
    const char quote = scanner.peek();
    if (quote != '\'' && quote != '"') return scanner.expected("a text in quotes");
    scanner.advance();
    std::string text;
    while (!scanner.eat(quote)) {
        if (scanner.is_at_end()) return scanner.expected("the closing quote");
        const char c = scanner.peek();
        scanner.advance();
        if (c != '\\') {
            text += c;
        } else if (scanner.eat('u')) {
            SW_TRY(scan_unicode_escape(scanner, text));
        } else if (scanner.is_at_end()) {
            return scanner.expected("a character after the backslash");
        } else {
            // AWS takes the backslash before the other kind of quote for itself (recorded).
            const char other = quote == '"' ? '\'' : '"';
            if (scanner.peek() == other) text += '\\';
            text += escaped(scanner.peek());
            scanner.advance();
        }
    }
    return text;
}

Result<std::string_view> scan_number(Scanner& scanner) {
    const std::size_t begin = scanner.position();
    scanner.eat('-');
    if (!is_digit(scanner.peek())) return scanner.expected("a number");
    if (!scanner.eat('0')) scanner.take_while(is_digit);
    if (scanner.eat('.') && scanner.take_while(is_digit).empty()) {
        return scanner.expected("a digit after the point");
    }
    if (scanner.eat('e') || scanner.eat('E')) {
        if (!scanner.eat('+')) scanner.eat('-');
        if (scanner.take_while(is_digit).empty())
            return scanner.expected("a digit of the exponent");
    }
    return scanner.since(begin);
}

}  // namespace stepwell::expression
