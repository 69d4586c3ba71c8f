// Python's two ways of formatting: "%s of %d" % (...) and "{} of {}".format(...).
#include <cctype>
#include <cmath>
#include <cstdio>

#include "tasks/template/interpreter.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

constexpr int kWidthMax = 10'000;

struct Spec {
    bool left = false, center = false, zero = false, sign = false, comma = false;
    char fill = ' ';
    int width = 0;
    int precision = -1;
    char type = 0;
};

int read_number(std::string_view text, std::size_t& at) {
    int number = 0;
    while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0) {
        number = std::min(number * 10 + (text[at++] - '0'), kWidthMax);
    }
    return number;
}

std::string with_commas(std::string digits) {
    const auto begin = digits.starts_with('-') ? 1u : 0u;
    auto end = digits.find('.');
    if (end == std::string::npos) end = digits.size();
    for (auto i = end; i > begin + 3; i -= 3) digits.insert(i - 3, 1, ',');
    return digits;
}

std::string real_text(double value, const Spec& spec) {
    char format[] = "%.*f";
    format[3] = spec.type == '%' ? 'f' : spec.type;
    const int precision = spec.precision < 0 ? 6 : std::min(spec.precision, 100);
    std::string buffer(512, '\0');
    const int length = std::snprintf(buffer.data(), buffer.size(), format, precision,
                                     spec.type == '%' ? value * 100 : value);
    buffer.resize(std::min(static_cast<std::size_t>(std::max(length, 0)), buffer.size() - 1));
    return spec.type == '%' ? buffer + "%" : buffer;
}

std::string hex_text(std::int64_t value, bool is_upper) {
    char buffer[32];
    const int length = std::snprintf(buffer, sizeof buffer, is_upper ? "%lX" : "%lx",
                                     static_cast<unsigned long>(std::abs(value)));
    return (value < 0 ? "-" : "") + std::string(buffer, static_cast<std::size_t>(length));
}

std::string padded(std::string text, const Spec& spec, bool is_number) {
    const auto length = static_cast<int>(characters(text).size());
    if (length >= spec.width) return text;
    const auto missing = static_cast<std::size_t>(spec.width - length);
    if (spec.zero && is_number) return text.insert(text.starts_with('-') ? 1 : 0, missing, '0');
    if (spec.center)
        return std::string(missing / 2, spec.fill) + text +
               std::string(missing - missing / 2, spec.fill);
    return spec.left ? text + std::string(missing, spec.fill)
                     : std::string(missing, spec.fill) + text;
}

Outcome<std::string> formatted(const Value& value, Spec spec) {
    const bool is_real =
        std::string_view("feEgG%").find(spec.type) != std::string_view::npos && spec.type != 0;
    const bool is_whole =
        spec.type == 'd' || spec.type == 'i' || spec.type == 'x' || spec.type == 'X';
    if ((is_real || is_whole) && !value.is_number()) {
        return template_fail("a number is required for format '" + std::string(1, spec.type) +
                             "', not '" + value.type_name() + "'");
    }
    std::string text;
    if (is_real)
        text = real_text(value.number(), spec);
    else if (spec.type == 'x' || spec.type == 'X')
        text = hex_text(static_cast<std::int64_t>(value.number()), spec.type == 'X');
    else if (is_whole)
        text = std::to_string(static_cast<std::int64_t>(value.number()));
    else
        text = spec.type == 'r' ? value.repr() : value.is_none() ? "None" : value.text();
    const bool is_text = !is_real && !is_whole && !value.is_number();
    if (is_text && spec.precision >= 0)
        text = text.substr(0, static_cast<std::size_t>(spec.precision));
    if (spec.comma) text = with_commas(std::move(text));
    if (spec.sign && !is_text && !text.starts_with('-')) text.insert(0, "+");
    return padded(std::move(text), spec, !is_text);
}

void read_width(std::string_view format, std::size_t& at, Spec& spec) {
    if (at < format.size() && format[at] == '0') spec.zero = true;
    spec.width = read_number(format, at);
    if (at < format.size() && format[at] == ',') spec.comma = true, ++at;
    if (at < format.size() && format[at] == '.') spec.precision = read_number(format, ++at);
}

Outcome<Spec> percent_spec(std::string_view format, std::size_t& at) {
    Spec spec;
    for (;
         at < format.size() && std::string_view("-+ 0#").find(format[at]) != std::string_view::npos;
         ++at) {
        if (format[at] == '-') spec.left = true;
        if (format[at] == '+') spec.sign = true;
        if (format[at] == '0') spec.zero = true;
    }
    read_width(format, at, spec);
    if (at >= format.size() ||
        std::string_view("sdifeEgGxXr").find(format[at]) == std::string_view::npos) {
        return template_fail("unsupported format character in '" + std::string(format) + "'");
    }
    spec.type = format[at++];
    return spec;
}

Outcome<Spec> brace_spec(std::string_view text, const Value& value) {
    Spec spec;
    std::size_t at = 0;
    const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^'; };
    spec.left = !value.is_number();
    if (text.size() > 1 && is_align(text[1])) spec.fill = text[at++];
    if (at < text.size() && is_align(text[at])) {
        spec.left = text[at] == '<';
        spec.center = text[at++] == '^';
    }
    if (at < text.size() && text[at] == '+') spec.sign = true, ++at;
    read_width(text, at, spec);
    if (at < text.size()) spec.type = text[at++];
    if (at != text.size()) return template_fail("invalid format '" + std::string(text) + "'");
    return spec;
}

}  // namespace

Outcome<std::string> percent_format(const std::string& format, const Value& value) {
    const bool is_tuple = value.as_sequence() != nullptr && value.as_list() == nullptr;
    const List values = is_tuple ? *value.as_sequence() : List{value};
    std::size_t next = 0;
    bool uses_names = false;
    std::string result;
    for (std::size_t at = 0; at < format.size();) {
        if (format[at] != '%') {
            result += format[at++];
            continue;
        }
        if (++at < format.size() && format[at] == '%') {
            result += format[at++];
            continue;
        }
        const Value* chosen = nullptr;
        if (at < format.size() && format[at] == '(') {
            const auto end = format.find(')', at);
            const Dict* dict = value.as_dict();
            if (end == std::string::npos || dict == nullptr)
                return template_fail("expected a dict for '%(name)s'");
            chosen = dict->find(Value(format.substr(at + 1, end - at - 1)));
            at = end + 1;
            uses_names = true;
        } else if (next < values.size()) {
            chosen = &values[next++];
        }
        if (chosen == nullptr)
            return template_fail("not enough values for format '" + format + "'");
        const Spec spec = SW_TRY(percent_spec(format, at));
        result += SW_TRY(formatted(*chosen, spec));
    }
    if (!uses_names && next < values.size())
        return template_fail("more values than places in format '" + format + "'");
    return result;
}

Outcome<std::string> brace_format(Interpreter& interpreter, const std::string& format,
                                  const Arguments& arguments) {
    std::string result;
    std::size_t next = 0;
    for (std::size_t at = 0; at < format.size(); ++at) {
        const char c = format[at];
        const bool is_doubled = at + 1 < format.size() && format[at + 1] == c;
        if ((c != '{' && c != '}') || is_doubled) {
            result += c;
            at += (c == '{' || c == '}') ? 1 : 0;
            continue;
        }
        const auto end = format.find('}', at);
        if (c == '}' || end == std::string::npos)
            return template_fail("single '" + std::string(1, c) + "' in format '" + format + "'");
        const std::string field = format.substr(at + 1, end - at - 1);
        const auto colon = field.find(':');
        const auto path = split(field.substr(0, colon), ".");
        const bool is_position = path[0].find_first_not_of("0123456789") == std::string::npos;
        const std::size_t position = path[0].empty() ? next++
                                     : is_position   ? std::stoul(path[0].substr(0, 6))
                                                     : arguments.positional.size();
        const Value* chosen = arguments.get(position, path[0]);
        if (chosen == nullptr)
            return template_fail("format '" + format + "' has no value for '{" + field + "}'");
        Value value = *chosen;
        for (std::size_t i = 1; i < path.size(); ++i)
            value = SW_TRY(interpreter.attribute(value, path[i]));
        const Spec spec =
            SW_TRY(brace_spec(colon == std::string::npos ? "" : field.substr(colon + 1), value));
        result += SW_TRY(formatted(value, spec));
        at = end;
    }
    return result;
}

}  // namespace stepwell::tasks::jinja
