// What can be told of SQL by its words alone. Texts, names in quotes and comments are not looked
// into.
//
// Threads: functions of their arguments.
#pragma once

#include <string_view>

namespace stepwell::tasks::data {

/// Whether the SQL asks the clock or draws lots: "current_date", "now()", "age(x)", "random()",
/// "using sample". What does so gives other rows for the same tables and files.
bool asks_clock_or_chance(std::string_view sql);

/// Whether nothing but blanks and comments stands behind the first semicolon.
bool is_one_statement(std::string_view sql);

}  // namespace stepwell::tasks::data
