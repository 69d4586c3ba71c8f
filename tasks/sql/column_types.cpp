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

/// Integers are decimals without a scale.
std::optional<DecimalType> exact_type(const std::string& type) {
    if (auto decimal = decimal_type(type)) return decimal;
    const int rank = integer_rank(type);
    if (rank < 0) return std::nullopt;
    return DecimalType{kIntegerDigits[static_cast<std::size_t>(rank)], 0};
}

int moment_rank(const std::string& type) {
    if (type == "date") return 0;
    if (type == "timestamp_s" || type == "timestamp_ms" || type == "timestamp") return 1;
    return -1;
}

}  // namespace

std::optional<DecimalType> decimal_type(std::string_view type) {
    constexpr std::string_view kStart = "decimal(";
    if (!type.starts_with(kStart) || type.back() != ')') return std::nullopt;
    DecimalType decimal{0, 0};
    const char* end = type.data() + type.size();
    const auto width = std::from_chars(type.data() + kStart.size(), end, decimal.width);
    if (width.ec != std::errc{}) return std::nullopt;
    if (*width.ptr == ')') return decimal;
    if (std::from_chars(width.ptr + 1, end, decimal.scale).ec != std::errc{}) return std::nullopt;
    return decimal;
}

namespace {

struct Alias {
    std::string_view name;
    std::string_view canonical;
};
constexpr Alias kAliases[] = {
    {"bool", "boolean"},
    {"logical", "boolean"},
    {"int1", "tinyint"},
    {"int2", "smallint"},
    {"short", "smallint"},
    {"int", "integer"},
    {"int4", "integer"},
    {"signed", "integer"},
    {"int8", "bigint"},
    {"long", "bigint"},
    {"int16", "smallint"},
    {"int32", "integer"},
    {"int64", "bigint"},
    {"int128", "hugeint"},
    {"float4", "float"},
    {"real", "float"},
    {"float8", "double"},
    {"double precision", "double"},
    {"dec", "decimal"},
    {"numeric", "decimal"},
    {"char", "varchar"},
    {"bpchar", "varchar"},
    {"text", "varchar"},
    {"string", "varchar"},
    {"character varying", "varchar"},
    {"bytea", "blob"},
    {"binary", "blob"},
    {"varbinary", "blob"},
    {"datetime", "timestamp"},
    {"timestamp_us", "timestamp"},
    {"timestamp without time zone", "timestamp"},
    {"timestamp with time zone", "timestamptz"},
    {"time without time zone", "time"},
    {"time with time zone", "timetz"},
    {"guid", "uuid"},
};

/// Lower case, one blank between words, none beside brackets and commas.
std::string tidy(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const bool is_blank = c == ' ' || c == '\t' || c == '\n';
        const bool is_tight = c == '(' || c == ')' || c == ',' || c == '[';
        if (is_tight && !text.empty() && text.back() == ' ') text.pop_back();
        const bool needs_no_blank =
            text.empty() || text.back() == ' ' || text.back() == '(' || text.back() == ',';
        if (is_blank && needs_no_blank) continue;
        text += is_blank ? ' ' : stepwell::lower(c);
    }
    if (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

}  // namespace

std::string canonical_type(std::string_view name) {
    const std::string text = tidy(name);
    const std::size_t bracket = std::min(text.find_first_of("(["), text.size());
    std::string base = text.substr(0, bracket);
    const std::string rest = text.substr(bracket);
    const auto* alias = std::find_if(std::begin(kAliases), std::end(kAliases),
                                     [&](const Alias& known) { return known.name == base; });
    if (alias != std::end(kAliases)) base = alias->canonical;
    if (base == "decimal" && !rest.starts_with("(")) return base + "(18,3)" + rest;
    if (base == "decimal" && rest.find(',') == rest.npos && rest.ends_with(")")) {
        return base + rest.substr(0, rest.size() - 1) + ",0)";
    }
    return base + rest;
}

bool is_same_column(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

bool is_exact_number(const std::string& type) {
    const bool is_unsigned = type.starts_with("u") && type.ends_with("int");
    return is_unsigned || exact_type(type).has_value();
}

bool is_floating_type(const std::string& type) {
    return type == "double" || type == "float";
}

std::optional<std::string> wider_type(const std::string& a, const std::string& b) {
    if (a == b) return a;
    const int integer_a = integer_rank(a);
    const int integer_b = integer_rank(b);
    if (integer_a >= 0 && integer_b >= 0) return integer_a > integer_b ? a : b;
    if (moment_rank(a) >= 0 && moment_rank(b) >= 0) {
        return std::max(moment_rank(a), moment_rank(b)) == 0 ? "date" : "timestamp";
    }
    if (is_floating_type(a) && is_floating_type(b)) return "double";
    const auto decimal_a = exact_type(a);
    const auto decimal_b = exact_type(b);
    if (!decimal_a || !decimal_b) return std::nullopt;
    const int scale = std::max(decimal_a->scale, decimal_b->scale);
    const int whole =
        std::max(decimal_a->width - decimal_a->scale, decimal_b->width - decimal_b->scale);
    if (whole + scale > kDecimalDigitsMax) return std::nullopt;
    return "decimal(" + std::to_string(whole + scale) + "," + std::to_string(scale) + ")";
}

std::string sqlite_type(const std::string& type) {
    if (integer_rank(type) >= 0 || type.starts_with("u"))
        return type == "uuid" ? "text" : "integer";
    if (is_floating_type(type)) return "real";
    if (type.starts_with("decimal")) return "numeric";
    if (type == "blob") return "blob";
    return "text";
}

}  // namespace stepwell::tasks::data
