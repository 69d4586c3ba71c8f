// Cuts a template into tokens. Knows Jinja's white-space rules: `-` next to a delimiter removes
// white space on that side, trim_blocks and lstrip_blocks as in Jinja, and the last newline of the
// file goes unless it is kept. Every line end becomes "\n".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/value.hpp"

namespace stepwell::tasks::jinja {

struct Syntax {
    bool trim_blocks = false;
    bool lstrip_blocks = false;
    bool keep_trailing_newline = false;
};

enum class TokenKind {
    text,
    output_begin,
    output_end,
    block_begin,
    block_end,
    name,
    string,
    integer,
    real,
    symbol,
    end,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;  // of a string: its value
    int line = 1;

    [[nodiscard]] bool is_symbol(std::string_view symbol) const {
        return kind == TokenKind::symbol && text == symbol;
    }
    [[nodiscard]] bool is_name(std::string_view name) const {
        return kind == TokenKind::name && text == name;
    }
};

/// The tokens, the last of kind `end`. A fault's message begins with "file:line: ".
Outcome<std::vector<Token>> tokenize(std::string_view source, std::string_view file,
                                     const Syntax& syntax);

}  // namespace stepwell::tasks::jinja
