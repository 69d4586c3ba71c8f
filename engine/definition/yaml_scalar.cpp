#include "engine/definition/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "engine/base/ascii.hpp"

namespace stepwell::definition {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_null(std::string_view text) {
    return is_one_of(text, {"", "~", "null", "Null", "NULL"});
}

std::optional<bool> boolean(std::string_view text) {
    if (is_one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) {
        return true;
    }
    if (is_one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) {
        return false;
    }
    return std::nullopt;
}

std::string without_groups(std::string_view digits) {
    std::string plain(digits);
    plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
    return plain;
}

struct Signed {
    bool is_negative = false;
    std::string_view rest;
};

Signed split_sign(std::string_view text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+'))
        return {text[0] == '-', text.substr(1)};
    return {false, text};
}

std::optional<Json> hexadecimal(const Signed& number) {
    if (number.rest.size() < 3 || number.rest.substr(0, 2) != "0x") return std::nullopt;
    const std::string digits = without_groups(number.rest.substr(2));
    constexpr std::size_t kDigitsMax = 15;  // fits in 63 bits
    const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    if (digits.empty() || digits.size() > kDigitsMax ||
        !std::all_of(digits.begin(), digits.end(), is_hex)) {
        return std::nullopt;
    }
    const auto value = static_cast<std::int64_t>(std::strtoull(digits.c_str(), nullptr, 16));
    return Json(number.is_negative ? -value : value);
}

std::optional<Json> decimal(const Signed& number) {
    if (number.rest.empty() || !is_digit(number.rest[0])) return std::nullopt;
    if (number.rest.size() > 1 && number.rest[0] == '0') return std::nullopt;
    const auto is_part = [](char c) { return is_digit(c) || c == '_'; };
    if (!std::all_of(number.rest.begin(), number.rest.end(), is_part)) return std::nullopt;
    auto parsed = parse_json((number.is_negative ? "-" : "") + without_groups(number.rest));
    if (!parsed) return std::nullopt;
    return std::move(*parsed);
}

/// Digits, with a point or an exponent or both: 1.5, 1., .5, 1e3.
bool is_float(std::string_view text) {
    std::size_t i = 0;
    const auto digits = [&] {
        const std::size_t start = i;
        while (i < text.size() && (is_digit(text[i]) || (i > start && text[i] == '_'))) ++i;
        return i - start;
    };
    const std::size_t whole = digits();
    if (whole > 1 && text[0] == '0') return false;
    std::size_t fraction = 0;
    const bool has_point = i < text.size() && text[i] == '.';
    if (has_point) {
        ++i;
        fraction = digits();
    }
    if (whole + fraction == 0) return false;
    const bool has_exponent = i < text.size() && (text[i] == 'e' || text[i] == 'E');
    if (has_exponent) {
        ++i;
        if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
        if (digits() == 0) return false;
    }
    return i == text.size() && (has_point || has_exponent);
}

double float_of(std::string_view text) {
    return std::strtod(without_groups(text).c_str(), nullptr);
}

bool is_beyond_json(std::string_view text) {
    const std::string_view rest = split_sign(text).rest;
    if (is_float(rest) && !std::isfinite(float_of(rest))) return true;
    return is_one_of(rest, {".inf", ".Inf", ".INF"}) || is_one_of(text, {".nan", ".NaN", ".NAN"});
}

std::optional<Json> number(const std::string& text) {
    const Signed parts = split_sign(text);
    if (auto value = hexadecimal(parts)) return value;
    if (auto value = decimal(parts)) return value;
    if (!is_float(parts.rest)) return std::nullopt;
    const double value = float_of(parts.rest);
    return Json(parts.is_negative ? -value : value);
}

}  // namespace

std::optional<Json> plain_scalar(const std::string& text) {
    if (is_null(text)) return Json(nullptr);
    if (const auto value = boolean(text)) return Json(*value);
    if (is_beyond_json(text)) return std::nullopt;
    if (auto value = number(text)) return value;
    return Json(text);
}

bool is_known_tag(const std::string& tag) {
    constexpr std::array<std::string_view, 5> kScalars = {"str", "int", "float", "bool", "null"};
    if (tag.rfind(kTagPrefix, 0) != 0) return false;
    const std::string_view type = std::string_view(tag).substr(kTagPrefix.size());
    return std::find(kScalars.begin(), kScalars.end(), type) != kScalars.end();
}

std::optional<Json> tagged_scalar(const std::string& tag, const std::string& text) {
    if (!is_known_tag(tag)) return std::nullopt;
    const std::string type = tag.substr(kTagPrefix.size());
    if (type == "str") return Json(text);
    auto value = plain_scalar(text);
    if (!value) return std::nullopt;
    if (type == "float" && value->is_number()) return Json(value->get<double>());
    const bool fits = (type == "int" && value->is_number_integer()) ||
                      (type == "bool" && value->is_boolean()) ||
                      (type == "null" && value->is_null());
    if (!fits) return std::nullopt;
    return value;
}

}  // namespace stepwell::definition
