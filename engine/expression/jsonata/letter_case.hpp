// Capital and small letters of Unicode, whatever the locale says.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::expression::jsonata {

/// The one letter that is its capital or small form; itself where there is none.
char32_t upper_point(char32_t point);
char32_t lower_point(char32_t point);

/// As toUpperCase and toLowerCase of JavaScript.
std::string upper_text(std::string_view text);
std::string lower_text(std::string_view text);

}  // namespace stepwell::expression::jsonata
