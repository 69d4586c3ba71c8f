// How SQL says that a value is of a declared type, exactly (strict_types.hpp): what is not comes
// out as NULL. For DuckDB, whose own casts round, cut and shift.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::tasks::data {

/// A type as a user declares it for a column, with what is allowed beside exact values.
struct DeclaredType {
    std::string type;    // "" = none
    std::string format;  // strptime's, for dates and times as text; "" = ISO
    /// Numbers may have more digits than the type, or an exponent, and are rounded.
    bool are_numbers_rounded = false;
    /// A date may be written with a time, which is dropped.
    bool have_dates_times = false;

    [[nodiscard]] bool is_loose() const { return are_numbers_rounded || have_dates_times; }
    /// As a sentence names it: "date as %d.%m.%Y".
    [[nodiscard]] std::string display() const;
    bool operator==(const DeclaredType&) const = default;
};

/// The text expression `text` as the type; NULL where the text is not of it.
std::string strict_text(const std::string& text, const DeclaredType& declared);

/// The expression `value` of type `from` (a canonical name) as the type; NULL where a cast would
/// change the value. Texts: as strict_text().
std::string strict_value(const std::string& value, const std::string& from,
                         const DeclaredType& declared);

/// Whether the value is taken only because the declaration is loose; for counting. "" where it is
/// not loose.
std::string loosened_condition(const std::string& value, const std::string& from,
                               const DeclaredType& declared);

}  // namespace stepwell::tasks::data
