#include "engine/expression/scanner.hpp"

#include <algorithm>

#include "engine/base/ascii.hpp"
#include "engine/base/utf8.hpp"

namespace stepwell::expression {
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
        const char next = scanner.peek(1);
        if (scanner.peek() == '\\' && (next == quote || next == '\\')) scanner.advance();
        text += scanner.peek();
        scanner.advance();
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
