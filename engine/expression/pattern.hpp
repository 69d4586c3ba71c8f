// Regular expressions of filters (`=~ /.../`). Internal to engine/expression.
//
// Time grows with the length of the text times that of the pattern, whatever both hold: the text
// may come from anybody, so there is no backtracking. Hence no back references and no look-around.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"

namespace stepwell::expression {

class Pattern {
public:
    /// Takes literals, `.`, classes, `\d \w \s \D \W \S`, `^ $`, groups, `|`, `* + ? {n,m}` and
    /// their lazy forms. The message says what cannot be read.
    static Result<Pattern> parse(std::string_view text, bool ignores_case);

    /// Whether the whole of `text` fits, as Java's Pattern.matches asks.
    [[nodiscard]] bool matches(std::string_view text) const;

    /// What matching a text of so many bytes costs at most, in steps of some nanoseconds.
    [[nodiscard]] std::size_t cost(std::size_t bytes) const { return (bytes + 1) * steps_; }

    struct Set {
        std::vector<std::pair<char32_t, char32_t>> ranges;  // both ends included
        bool is_negated = false;
        [[nodiscard]] bool contains(char32_t c) const;
    };
    struct Instruction {
        enum class Kind { take, split, jump, at_begin, at_end };
        Kind kind = Kind::take;
        std::size_t set = 0;  // take
        int first = 1;        // split, jump: how far to go from here
        int second = 1;       // split
    };
    using Code = std::vector<Instruction>;

private:
    Code code_;  // past its end: the match
    std::vector<Set> sets_;
    std::size_t steps_ = 1;  // for one character, at most
    bool ignores_case_ = false;
};

}  // namespace stepwell::expression
