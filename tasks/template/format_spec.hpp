// Numbers and texts as Python's formats write them: what stands behind the colon of "{:>8.2f}".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tasks/template/value.hpp"

namespace stepwell::tasks::jinja {

inline constexpr int kFormatWidthMax = 10'000;
inline constexpr int kFormatPrecisionMax = 1'000;

struct FormatSpec {
    char align = 0;  // < > ^ =; 0: the type's own
    char32_t fill = U' ';
    char sign = '-';  // + - or a blank
    bool is_alternate = false;
    bool is_zero_padded = false;
    char grouping = 0;  // , or _
    int width = 0;
    int precision = -1;
    char type = 0;
};

/// Digits at `at`, which moves behind them; fails where the number is above the limit.
Outcome<int> read_number(std::string_view text, std::size_t& at, int limit);
/// [[fill]align][sign][#][0][width][grouping][.precision][type]
Outcome<FormatSpec> brace_spec(std::string_view given);
/// format(value, spec) of Python.
Outcome<std::string> formatted(const Value& value, const FormatSpec& spec);

std::string real_text(double value, const FormatSpec& spec);
/// Without a sign, in base 2, 8, 10 or 16.
std::string whole_digits(std::int64_t value, unsigned base, bool is_upper);
/// Sign, prefix and digits in their width; separators stand between groups of `group` digits.
std::string number_text(bool is_negative, const std::string& prefix, std::string digits,
                        const FormatSpec& spec, std::size_t group);
/// In its width; `own` is the alignment where the format has none.
std::string aligned(const std::string& text, const FormatSpec& spec, char own);
Failure<Signal> wrong_format_type(char type, const Value& value);

}  // namespace stepwell::tasks::jinja
