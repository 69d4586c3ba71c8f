// Looking for texts in texts, in time linear in both, whatever they hold. Internal to
// engine/expression.
#pragma once

#include <string_view>

namespace stepwell::expression {

/// Where `part` first begins in `text`, at or after `from`; npos where it does not.
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0);

/// Whether `text` matches `pattern`: `*` is any run of characters, `\*` and `\\` stand for
/// themselves.
bool matches_wildcards(std::string_view text, std::string_view pattern);

}  // namespace stepwell::expression
