// Whole numbers of documents beyond 64 bits: kept to the last digit, where a double would lose
// some.
//
// A Json has no kind for them. JSON's text has no binary values, though, so a Json of that kind is
// such a number: its bytes are the digits. What asks a value of a document whether it is a number,
// or for its size, does so here.
//
// Threads: pure functions, all safe.
#pragma once

#include <compare>
#include <string_view>

#include "engine/base/json.hpp"

namespace stepwell {

/// REQUIRES: is_integer_text(digits).
Json big_integer(std::string_view digits);
bool is_big_integer(const Json& value);
/// "-123". REQUIRES: is_big_integer(value).
std::string_view digits_of(const Json& value);

/// Whether a number of JSON's grammar has neither fraction nor exponent.
bool is_integer_text(std::string_view number);

/// Whether it is a number of any size.
bool is_any_number(const Json& value);
/// The nearest double. REQUIRES: is_any_number(value).
double to_double(const Json& value);
/// REQUIRES: both are big integers.
std::strong_ordering compare_big_integers(const Json& a, const Json& b);

}  // namespace stepwell
