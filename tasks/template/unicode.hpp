// Characters as Python's str knows them, whatever the machine's locale says.
//
// Threads: no state.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::tasks::jinja {

bool is_alpha(char32_t c);
bool is_decimal(char32_t c);  // of any script
bool is_digit_like(char32_t c);
bool is_numeric(char32_t c);
bool is_space(char32_t c);
bool is_printable(char32_t c);
bool is_lower(char32_t c);
bool is_upper(char32_t c);
bool is_title(char32_t c);
inline bool is_alnum(char32_t c) {
    return is_alpha(c) || is_numeric(c);
}
inline bool is_cased(char32_t c) {
    return is_lower(c) || is_upper(c) || is_title(c);
}

/// Code points. A byte that belongs to none becomes one of U+DC80 to U+DCFF, and encoded() makes it
/// that byte again: no text is changed by being taken apart.
std::u32string decoded(std::string_view text);
std::string encoded(std::u32string_view text);
void append_character(std::string& text, char32_t c);

enum class CaseChange { lower, upper, title, fold };
/// Appends what the change makes of `c`: one character or more.
void append_changed(std::string& text, char32_t c, CaseChange change);

}  // namespace stepwell::tasks::jinja
