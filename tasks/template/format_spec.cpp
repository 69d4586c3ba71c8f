#include "tasks/template/format_spec.hpp"

#include <cmath>
#include <cstdio>

#include "engine/base/ascii.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
Outcome<int> read_number(std::string_view text, std::size_t& at, int limit) {
    int number = 0;
    while (at < text.size() && is_digit(text[at])) {
        number = number * 10 + (text[at++] - '0');
        if (number > limit)
            return template_fail("expected a width or precision of at most " +
                                 std::to_string(limit) + " characters in a format");
    }
    return number;
}

namespace {

std::string printed(const char* format, int precision, double value) {
    const int length = std::snprintf(nullptr, 0, format, precision, value);
    std::string text(static_cast<std::size_t>(length) + 1, '\0');
    std::snprintf(text.data(), text.size(), format, precision, value);
    text.pop_back();
    return text;
}

/// Without a sign; `type` is one of e E f F g G, or 0 for the shortest text that reads back the
/// same.
std::string real_digits(double value, char type, int precision, bool is_alternate) {
    if (!std::isfinite(value)) {
        const bool is_upper = type == 'E' || type == 'F' || type == 'G';
        return std::isnan(value) ? (is_upper ? "NAN" : "nan") : (is_upper ? "INF" : "inf");
    }
    value = std::fabs(value);
    if (type == 0 && precision < 0) return float_text(value);
    if (type != 0) {
        std::string format = is_alternate ? "%#.*f" : "%.*f";
        format.back() = type;
        return printed(format.c_str(), precision < 0 ? 6 : precision, value);
    }
    // As g, but with a digit behind the point, for which it gives up the last one.
    precision = std::max(precision, 1);
    const std::string scientific = printed("%.*e", precision - 1, value);
    const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
    if (exponent >= -4 && exponent < precision - 1) {
        std::string text = printed(is_alternate ? "%#.*g" : "%.*g", precision, value);
        if (text.find('.') == std::string::npos) text += ".0";
        return text;
    }
    const auto mark = scientific.find('e');
    std::string digits = scientific.substr(0, mark);
    if (!is_alternate && digits.find('.') != std::string::npos) {
        while (digits.ends_with('0')) digits.pop_back();
        if (digits.ends_with('.')) digits.pop_back();
    }
    return digits + scientific.substr(mark);
}

}  // namespace

/// Without a sign, in base 2, 8, 10 or 16.
std::string whole_digits(std::int64_t value, unsigned base, bool is_upper) {
    auto left = static_cast<std::uint64_t>(value);
    if (value < 0) left = 0 - left;
    std::string text;
    do {
        text.insert(text.begin(),
                    (is_upper ? "0123456789ABCDEF" : "0123456789abcdef")[left % base]);
        left /= base;
    } while (left != 0);
    return text;
}

namespace {

/// Separators between the digits before the point.
std::string grouped(const std::string& digits, char separator, std::size_t size) {
    std::size_t end = 0;
    while (end < digits.size() && std::isxdigit(static_cast<unsigned char>(digits[end])) != 0 &&
           (size == 4 || is_digit(digits[end])))
        ++end;
    std::string whole = digits.substr(0, end);
    for (std::size_t i = end; i > size; i -= size) whole.insert(i - size, 1, separator);
    return whole + digits.substr(end);
}

/// Zeros before the digits, with separators among them, until the whole has its width.
std::string zero_filled(std::string digits, const FormatSpec& spec, std::size_t group,
                        std::size_t room) {
    if (spec.grouping == 0) {
        const std::size_t length = width_of(digits);
        return length < room ? std::string(room - length, '0') + digits : digits;
    }
    std::string filled = grouped(digits, spec.grouping, group);
    while (filled.size() < room) {
        digits.insert(digits.begin(), '0');
        filled = grouped(digits, spec.grouping, group);
    }
    return filled;
}

}  // namespace

std::string aligned(const std::string& text, const FormatSpec& spec, char own) {
    const char align = spec.align != 0 ? spec.align : own;
    const auto width = static_cast<std::size_t>(spec.width);
    if (align == '^') {
        const std::size_t length = width_of(text);
        const std::size_t left = width > length ? (width - length) / 2 : 0;
        return padded(padded(text, length + left, spec.fill, true, false), width, spec.fill, false,
                      true);
    }
    return padded(text, width, spec.fill, align != '<', align == '<');
}

std::string number_text(bool is_negative, const std::string& prefix, std::string digits,
                        const FormatSpec& spec, std::size_t group) {
    std::string sign = is_negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
    sign += prefix;
    const bool fills_inside = spec.align == '=' || (spec.align == 0 && spec.is_zero_padded);
    const auto width = static_cast<std::size_t>(spec.width);
    const bool has_zeros = fills_inside && (spec.is_zero_padded || spec.fill == U'0');
    if (has_zeros) {
        const std::size_t room = width > sign.size() ? width - sign.size() : 0;
        return sign + zero_filled(std::move(digits), spec, group, room);
    }
    if (spec.grouping != 0) digits = grouped(digits, spec.grouping, group);
    if (!fills_inside) return aligned(sign + digits, spec, '>');
    const std::size_t taken = sign.size() + width_of(digits);
    return sign + padded(digits, width_of(digits) + (width > taken ? width - taken : 0), spec.fill,
                         true, false);
}

namespace {

bool is_real_type(char type) {
    return type != 0 && std::string_view("eEfFgGn%").find(type) != std::string_view::npos;
}

}  // namespace

std::string real_text(double value, const FormatSpec& spec) {
    const bool is_percent = spec.type == '%';
    const char type = is_percent ? 'f' : spec.type == 'n' ? 'g' : spec.type;
    std::string digits =
        real_digits(is_percent ? value * 100 : value, type, spec.precision, spec.is_alternate);
    if (is_percent) digits += '%';
    return number_text(std::signbit(value) && !std::isnan(value), "", std::move(digits), spec, 3);
}

namespace {

Outcome<std::string> whole_text(std::int64_t value, const FormatSpec& spec) {
    if (spec.precision >= 0)
        return template_fail("expected no precision in the format of a whole number");
    if (spec.type == 'c') {
        if (value < 0 || value > 0x10FFFF) return template_fail("expected a character's number");
        const auto code = static_cast<char32_t>(value);
        return aligned(encoded({&code, 1}), spec, '>');
    }
    const bool is_hex = spec.type == 'x' || spec.type == 'X';
    const unsigned base = is_hex ? 16 : spec.type == 'o' ? 8 : spec.type == 'b' ? 2 : 10;
    if (base != 10 && spec.grouping == ',')
        return template_fail("expected no ',' in this format of a whole number");
    const std::string prefix =
        spec.is_alternate && base != 10 ? std::string("0") + spec.type : std::string();
    return number_text(value < 0, prefix, whole_digits(value, base, spec.type == 'X'), spec,
                       base == 10 ? 3 : 4);
}

}  // namespace

Failure<Signal> wrong_format_type(char type, const Value& value) {
    return template_fail("unknown format '" + std::string(1, type) + "' for a '" +
                         value.type_name() + "'");
}

/// format(value, spec) of Python.
Outcome<std::string> formatted(const Value& value, const FormatSpec& spec) {
    if (const auto* text = value.as_text()) {
        if (spec.type != 0 && spec.type != 's') return wrong_format_type(spec.type, value);
        if (spec.sign != '-' || spec.is_alternate || spec.grouping != 0 || spec.align == '=')
            return template_fail("expected the format of a text, but it is one of a number");
        std::u32string shown = decoded(*text);
        if (spec.precision >= 0 && shown.size() > static_cast<std::size_t>(spec.precision))
            shown.resize(static_cast<std::size_t>(spec.precision));
        return aligned(encoded(shown), spec, '<');
    }
    if (!value.is_number())
        return template_fail("a '" + value.type_name() + "' has no formats but the empty one");
    if (value.as<double>() != nullptr) {
        if (spec.type != 0 && !is_real_type(spec.type)) return wrong_format_type(spec.type, value);
        return real_text(value.number(), spec);
    }
    if (is_real_type(spec.type) && spec.type != 'n') return real_text(value.number(), spec);
    if (spec.type != 0 && std::string_view("bcdoxXn").find(spec.type) == std::string_view::npos)
        return wrong_format_type(spec.type, value);
    return whole_text(value.integer(), spec);
}

/// [[fill]align][sign][#][0][width][grouping][.precision][type]
Outcome<FormatSpec> brace_spec(std::string_view given) {
    FormatSpec spec;
    const std::u32string wide = decoded(given);
    const auto is_align = [](char32_t c) { return c == '<' || c == '>' || c == '^' || c == '='; };
    std::string text(given);
    std::size_t at = 0;
    if (wide.size() > 1 && is_align(wide[1])) {
        spec.fill = wide[0];
        spec.align = static_cast<char>(wide[1]);
        text = encoded(std::u32string_view(wide).substr(2));
    } else if (!text.empty() && is_align(static_cast<unsigned char>(text[0]))) {
        spec.align = text[at++];
    }
    const auto next_is = [&](char c) { return at < text.size() && text[at] == c; };
    if (next_is('+') || next_is('-') || next_is(' ')) spec.sign = text[at++];
    if (next_is('#')) spec.is_alternate = true, ++at;
    if (next_is('0')) {
        ++at;
        // Before a width: zeros behind the sign, unless the format says where they stand.
        if (spec.align == 0) spec.is_zero_padded = true;
        if (spec.fill == U' ') spec.fill = U'0';
    }
    spec.width = SW_TRY(read_number(text, at, kFormatWidthMax));
    if (next_is(',') || next_is('_')) spec.grouping = text[at++];
    if (next_is('.')) {
        const std::size_t digits = ++at;
        spec.precision = SW_TRY(read_number(text, at, kFormatPrecisionMax));
        if (at == digits) return template_fail("expected digits behind the '.' of a format");
    }
    if (at < text.size()) spec.type = text[at++];
    if (at != text.size()) return template_fail("invalid format '" + std::string(given) + "'");
    return spec;
}

}  // namespace stepwell::tasks::jinja
