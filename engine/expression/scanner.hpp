// A cursor over the text of an expression, shared by the parsers of paths, filters and intrinsic
// functions, so that one can stop where the other goes on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace stepwell::expression {

/// How deep filters, lists and parentheses may stand in each other in one expression.
inline constexpr int kExpressionDepthMax = 32;

class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    [[nodiscard]] bool is_at_end() const { return at_ == text_.size(); }
    [[nodiscard]] std::size_t position() const { return at_; }
    /// The text from `begin` up to here.
    [[nodiscard]] std::string_view since(std::size_t begin) const {
        return text_.substr(begin, at_ - begin);
    }
    [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
    /// NUL beyond the end.
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    void advance(std::size_t count = 1) { at_ += count; }
    /// Takes `c` or `word` where it comes next.
    bool eat(char c);
    bool eat(std::string_view word);
    void skip_blanks();
    /// Takes the longest run of characters that `accepts` says yes to.
    template <class Predicate>
    std::string_view take_while(Predicate accepts) {
        const std::size_t begin = at_;
        while (!is_at_end() && accepts(text_[at_])) ++at_;
        return since(begin);
    }

    /// "expected WHAT at character 7, but found ','".
    [[nodiscard]] stepwell::Failure<Error> expected(std::string_view what) const;

    /// How deep the parsers stand in each other; they keep it below kExpressionDepthMax.
    int depth = 0;

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

/// A text in single or double quotes. A backslash stands before the closing quote's like or another
/// backslash; before anything else it is itself, as in the recordings of Step Functions.
Result<std::string> scan_quoted(Scanner& scanner);

/// A number as JSON writes it.
Result<std::string_view> scan_number(Scanner& scanner);

}  // namespace stepwell::expression
