#include "tasks/sql/column_types.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "engine/base/ascii.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr std::array<std::string_view, 6> kIntegers = {"boolean", "tinyint", "smallint",
                                                       "integer", "bigint",  "hugeint"};
constexpr std::array<int, 6> kIntegerDigits = {1, 3, 5, 10, 19, 39};
constexpr int kDecimalDigitsMax = 38;

int integer_rank(const std::string& type) {
    const auto* found = std::find(kIntegers.begin(), kIntegers.end(), type);
    return found == kIntegers.end() ? -1 : static_cast<int>(found - kIntegers.begin());
}

struct Decimal {
    int digits = 0;
    int scale = 0;
};

std::optional<Decimal> decimal_of(const std::string& type) {
    constexpr std::string_view kStart = "decimal(";
    if (type.starts_with(kStart)) {
        Decimal decimal;
        const char* end = type.data() + type.size();
        const auto digits = std::from_chars(type.data() + kStart.size(), end, decimal.digits);
        const char* scale = std::find_if(digits.ptr, end, [](char c) { return is_digit(c); });
        if (std::from_chars(scale, end, decimal.scale).ec == std::errc{}) return decimal;
        return std::nullopt;
    }
    const int rank = integer_rank(type);
    if (rank < 0) return std::nullopt;
    return Decimal{kIntegerDigits[static_cast<std::size_t>(rank)], 0};
}

int moment_rank(const std::string& type) {
    if (type == "date") return 0;
    if (type == "timestamp_s" || type == "timestamp_ms" || type == "timestamp") return 1;
    return -1;
}

bool is_floating(const std::string& type) {
    return type == "double" || type == "float";
}

}  // namespace

bool is_same_column(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

std::optional<std::string> wider_type(const std::string& a, const std::string& b) {
    if (a == b) return a;
    const int integer_a = integer_rank(a);
    const int integer_b = integer_rank(b);
    if (integer_a >= 0 && integer_b >= 0) return integer_a > integer_b ? a : b;
    if (moment_rank(a) >= 0 && moment_rank(b) >= 0) {
        return std::max(moment_rank(a), moment_rank(b)) == 0 ? "date" : "timestamp";
    }
    const auto decimal_a = decimal_of(a);
    const auto decimal_b = decimal_of(b);
    if (decimal_a && decimal_b) {
        const int scale = std::max(decimal_a->scale, decimal_b->scale);
        const int whole =
            std::max(decimal_a->digits - decimal_a->scale, decimal_b->digits - decimal_b->scale);
        if (whole + scale > kDecimalDigitsMax) return "double";
        return "decimal(" + std::to_string(whole + scale) + "," + std::to_string(scale) + ")";
    }
    const bool is_number_a = decimal_a.has_value() || is_floating(a);
    const bool is_number_b = decimal_b.has_value() || is_floating(b);
    if (is_number_a && is_number_b) return "double";
    return std::nullopt;
}

std::string sqlite_type(const std::string& type) {
    if (integer_rank(type) >= 0 || type.starts_with("u"))
        return type == "uuid" ? "text" : "integer";
    if (is_floating(type)) return "real";
    if (type.starts_with("decimal")) return "numeric";
    if (type == "blob") return "blob";
    return "text";
}

}  // namespace stepwell::tasks::data
