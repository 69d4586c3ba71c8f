// The words of an expression. Internal to engine/expression/jsonata.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/expression/jsonata/fault.hpp"

namespace stepwell::expression::jsonata {

struct Token {
    enum class Kind { end, name, variable, op, string, number, boolean, null, regex };
    Kind kind = Kind::end;
    std::string text;   // operator, name, the string itself, the pattern; how a number is written
    std::string flags;  // of a pattern
    double number = 0;
    std::size_t position = 0;  // in bytes, behind it
};

/// Reads one token after the other. Whether a slash begins a pattern depends on what comes before
/// it, which the parser knows.
class Lexer {
public:
    /// `has_defaults`: whether `??` and `?:` are operators.
    Lexer(std::string_view text, bool has_defaults) : text_(text), has_defaults_(has_defaults) {}

    Result<Token, Fault> next(bool is_after_operand);

private:
    Result<void, Fault> skip_blanks();
    Result<Token, Fault> regex();
    Result<Token, Fault> quoted(char quote);
    Result<void, Fault> escape(std::string& value);
    Result<Token, Fault> number();
    Result<Token, Fault> quoted_name();
    Token word();
    [[nodiscard]] Fault fault(std::string code) const;
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    Token made(Token::Kind kind, std::string_view value) const {
        return {kind, std::string(value), "", 0, at_};
    }

    std::string_view text_;
    bool has_defaults_;
    std::size_t at_ = 0;
};

}  // namespace stepwell::expression::jsonata
