// What may name a variable.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::definition {

/// "name.$" as "name"; another name as it is.
std::string_view without_path_mark(std::string_view name);

/// Why `name` (without ".$") cannot name a variable, as "expected ..., but ..."; empty where it
/// can.
std::string variable_name_fault(std::string_view name);

/// Characters (not bytes) of UTF-8 text.
std::size_t character_count(std::string_view text);

}  // namespace stepwell::definition
