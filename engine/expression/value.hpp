// What JSON values are to the expression languages: equal, less, text; not what nlohmann thinks of
// them (there, the order of members and signedness matter).
#pragma once

#include <compare>
#include <cstddef>
#include <string>

#include "engine/base/json.hpp"
#include "engine/base/work.hpp"

namespace stepwell::expression {

/// By value: whole numbers exactly, others as doubles. REQUIRES: both are numbers.
std::partial_ordering compare_numbers(const Json& a, const Json& b);

/// Deep equality: members in any order, numbers by value. Costs what is compared; false, too, where
/// the work is spent.
bool is_same_value(const Json& a, const Json& b, Work& work);

/// As Java prints maps and lists: {Arg1=1, Arg2=[a, b]}; strings bare.
std::string to_java_text(const Json& value);

/// About how many bytes of JSON text `value` is; stops counting beyond `limit`.
std::size_t rough_bytes(const Json& value, std::size_t limit);

/// Pays for a copy of `value`; false where that is too much.
bool pay_for_copy(const Json& value, Work& work);

/// "an object", "a string", ... for messages.
std::string_view kind_of(const Json& value);

}  // namespace stepwell::expression
