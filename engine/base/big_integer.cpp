#include "engine/base/big_integer.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/assert.hpp"

namespace stepwell {

Json big_integer(std::string_view digits) {
    SW_ASSERT(is_integer_text(digits));
    return Json::binary({digits.begin(), digits.end()});
}

bool is_big_integer(const Json& value) {
    return value.is_binary();
}

std::string_view digits_of(const Json& value) {
    const auto& bytes = value.get_binary();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_integer_text(std::string_view number) {
    if (number.starts_with('-')) number.remove_prefix(1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !number.empty() && std::all_of(number.begin(), number.end(), is_digit);
}

bool is_any_number(const Json& value) {
    return value.is_number() || is_big_integer(value);
}

double to_double(const Json& value) {
    if (!is_big_integer(value)) return value.get<double>();
    const std::string_view digits = digits_of(value);
    double number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

std::strong_ordering compare_big_integers(const Json& a, const Json& b) {
    std::string_view left = digits_of(a);
    std::string_view right = digits_of(b);
    const bool is_negative = left.starts_with('-');
    if (is_negative != right.starts_with('-'))
        return is_negative ? std::strong_ordering::less : std::strong_ordering::greater;
    // JSON's numbers begin with no zero, so the longer one is further from it.
    if (is_negative) std::swap(left, right);
    if (left.size() != right.size()) return left.size() <=> right.size();
    return left <=> right;
}

}  // namespace stepwell
