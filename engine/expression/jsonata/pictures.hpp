// Numbers and times as pictures describe them: XPath's format-number, format-integer and
// format-dateTime. Internal to engine/expression/jsonata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/expression/jsonata/fault.hpp"

namespace stepwell::expression::jsonata {

/// What $number reads in a text; nothing where it is no number.
std::optional<double> number_in(std::string_view text);

/// Halves go to the even neighbour.
double rounded(double number, double places);

/// `options`: characters of the decimal format by XPath's names for them.
Result<std::string, Fault> format_number(
    double number, std::string_view picture,
    const std::vector<std::pair<std::string, std::string>>& options);

Result<std::string, Fault> format_integer(double number, std::string_view picture);
/// Nothing where the text does not fit.
Result<std::optional<double>, Fault> parse_integer(std::string_view text, std::string_view picture);

/// Milliseconds since the epoch as text; `zone` is "+0100" or empty. An empty picture is ISO 8601.
Result<std::string, Fault> format_time(double ms, const std::optional<std::string_view>& picture,
                                       std::string_view zone);
/// Nothing where the text does not fit. `now_ms` gives what the picture leaves out.
Result<std::optional<double>, Fault> parse_time(std::string_view text, std::string_view picture,
                                                double now_ms);

}  // namespace stepwell::expression::jsonata
