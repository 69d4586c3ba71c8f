// Whole numbers as letters, Roman numerals, words or digits. Internal to
// engine/expression/jsonata.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/expression/jsonata/fault.hpp"

namespace stepwell::expression::jsonata {

struct IntegerPicture {
    enum class Primary { decimal, letters, roman, words, sequence };
    enum class Case { lower, upper, title };
    struct Separator {
        std::size_t place = 0;  // digits to its right
        char32_t character = 0;
    };

    Primary primary = Primary::decimal;
    Case letter_case = Case::lower;
    bool is_ordinal = false;
    char32_t zero = '0';
    std::size_t digits_min = 0;
    std::size_t digits_optional = 0;
    std::size_t regular_group = 0;  // 0: as the separators say
    std::vector<Separator> separators;
    std::string token;            // of a sequence
    std::size_t parse_width = 0;  // 0: any

    static Result<IntegerPicture, Fault> read(std::string_view picture);
    [[nodiscard]] Result<std::string, Fault> write(double value) const;
    /// Nothing where the text is no such number.
    [[nodiscard]] Result<std::optional<double>, Fault> parse(std::string_view text) const;
    /// What a text that fits looks like, as a regular expression.
    [[nodiscard]] std::string pattern() const;
};

}  // namespace stepwell::expression::jsonata
