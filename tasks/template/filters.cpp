// Jinja's filters on numbers and any values, and those that dbt adds (as_number, as_native,
// as_bool, as_text).
#include "tasks/template/filters.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {

void add_filter(Environment& environment, std::string_view signature, Filter filter) {
    Signature checked(signature);
    const std::string name = checked.name();
    environment.filters[name] = [checked = std::move(checked), filter = std::move(filter)](
                                    Interpreter& interpreter, const Value& input,
                                    const Arguments& arguments) -> Outcome<Value> {
        SW_TRY(checked.check(arguments));
        return filter(interpreter, input, arguments);
    };
}

bool flag(const Arguments& arguments, std::size_t position, std::string_view name) {
    const Value* value = arguments.get(position, name);
    return value != nullptr && value->is_true();
}

Outcome<void> check_defined(const Value& value) {
    if (const auto* undefined = value.as<Undefined>()) return template_fail(*undefined->hint);
    return {};
}

namespace {

using FilterResult = Outcome<Value>;

/// Digits with single underscores between them, as Python's int() and float() take them.
std::optional<std::string> without_underscores(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '_') {
            result += text[i];
            continue;
        }
        const auto is_part = [&](std::size_t k) {
            return k < text.size() && std::isalnum(static_cast<unsigned char>(text[k])) != 0;
        };
        if (i == 0 || !is_part(i - 1) || !is_part(i + 1)) return std::nullopt;
    }
    return result;
}

/// `is_too_large`, where it is given, tells a number that does not fit from what is none.
std::optional<std::int64_t> parse_integer(std::string_view text, int base = 10,
                                          bool* is_too_large = nullptr) {
    auto digits = without_underscores(lower(strip(text)));
    if (!digits || digits->empty()) return std::nullopt;
    const bool is_negative = (*digits)[0] == '-';
    if (is_negative || (*digits)[0] == '+') digits->erase(0, 1);
    const auto takes_prefix = [&](const char* prefix, int its_base) {
        if ((base != its_base && base != 0) || !digits->starts_with(prefix)) return;
        digits->erase(0, 2);
        base = its_base;
    };
    takes_prefix("0x", 16);
    takes_prefix("0o", 8);
    takes_prefix("0b", 2);
    const bool is_zero = digits->find_first_not_of('0') == std::string::npos;
    if (base == 0 && digits->starts_with('0') && !is_zero) return std::nullopt;
    if (base == 0) base = 10;
    if (digits->empty() || (*digits)[0] == '-' || (*digits)[0] == '+') return std::nullopt;
    if (is_negative) digits->insert(0, 1, '-');
    std::int64_t number = 0;
    const char* last = digits->data() + digits->size();
    const auto [end, error] = std::from_chars(digits->data(), last, number, base);
    if (is_too_large != nullptr)
        *is_too_large = error == std::errc::result_out_of_range && end == last;
    if (error != std::errc{} || end != last) return std::nullopt;
    return number;
}

std::optional<double> parse_real(std::string_view text) {
    const auto bare = without_underscores(lower(strip(text)));
    if (!bare || bare->empty()) return std::nullopt;
    std::string_view digits = *bare;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    if (digits.starts_with("+") || digits.starts_with("nan(")) return std::nullopt;
    double number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        const bool is_tiny = digits.find("e-") != std::string_view::npos;
        return digits.starts_with('-') ? (is_tiny ? -0.0 : -HUGE_VAL) : (is_tiny ? 0.0 : HUGE_VAL);
    }
    if (error != std::errc{}) return std::nullopt;
    return number;
}

bool fits_integer(double value) {
    return std::abs(value) < 9.2e18;
}

FilterResult int_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* fallback = arguments.get(0, "default");
    const Value* base = arguments.get(1, "base");
    SW_TRY(check_defined(input));
    if (input.is_integer()) return Value(input.integer());
    std::optional<double> real;
    if (input.is_number()) real = input.number();
    if (const auto* text = input.as_text()) {
        const auto radix = base != nullptr && base->is_integer() ? base->integer() : 10;
        const bool is_base = radix == 0 || (radix >= 2 && radix <= 36);
        if (is_base) {
            bool is_too_large = false;
            const auto whole = parse_integer(*text, static_cast<int>(radix), &is_too_large);
            if (whole) return Value(*whole);
            if (is_too_large) return template_fail("the number does not fit into 64 bits");
        }
        real = parse_real(*text);
        if (real && std::isinf(*real)) real.reset();
    }
    if (real && fits_integer(*real)) return Value(static_cast<std::int64_t>(*real));
    if (real && !std::isnan(*real)) return template_fail("the number does not fit into 64 bits");
    return fallback != nullptr ? *fallback : Value(0);
}

FilterResult float_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* fallback = arguments.get(0, "default");
    SW_TRY(check_defined(input));
    if (input.is_number()) return Value(input.number());
    const auto real = input.as_text() != nullptr ? parse_real(*input.as_text()) : std::nullopt;
    if (real) return Value(*real);
    return fallback != nullptr ? *fallback : Value(0.0);
}

FilterResult as_number_filter(Interpreter&, const Value& input, const Arguments&) {
    if (input.is_number()) return input;
    if (const auto whole = parse_integer(input.text())) return Value(*whole);
    if (const auto real = parse_real(input.text())) return Value(*real);
    return template_fail("expected a number, but got " + input.repr());
}

std::optional<bool> parse_bool(const Value& input) {
    if (const auto* given = input.as<bool>()) return *given;
    const std::string text = lower(strip(input.text()));
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

FilterResult as_bool_filter(Interpreter&, const Value& input, const Arguments&) {
    if (const auto given = parse_bool(input)) return Value(*given);
    return template_fail("expected true or false, but got " + input.repr());
}

FilterResult as_native_filter(Interpreter&, const Value& input, const Arguments&) {
    if (input.as_text() == nullptr) return input;
    if (const auto whole = parse_integer(*input.as_text())) return Value(*whole);
    if (const auto real = parse_real(*input.as_text())) return Value(*real);
    if (const auto given = parse_bool(input)) return Value(*given);
    if (strip(*input.as_text()) == "None") return Value();
    return input;
}

/// Python's round(): to the nearest of what can be, halves to the even one, on the exact value.
double rounded(double value, std::int64_t digits) {
    if (!std::isfinite(value) || value == 0.0 || digits > 330) return value;
    if (digits < -330) return std::copysign(0.0, value);
    char buffer[2048];
    if (digits >= 0) {
        std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(digits), value);
        return std::strtod(buffer, nullptr);
    }
    std::snprintf(buffer, sizeof buffer, "%.17e", value);
    const auto exponent = static_cast<int>(std::strtol(std::strchr(buffer, 'e') + 1, nullptr, 10));
    const std::int64_t kept = exponent + 1 + digits;  // digits that are left
    const double unit = std::pow(10.0, static_cast<double>(-digits));
    if (kept <= 0) return std::copysign(std::fabs(value) > unit / 2 ? unit : 0.0, value);
    std::snprintf(buffer, sizeof buffer, "%.*e", static_cast<int>(kept) - 1, value);
    return std::strtod(buffer, nullptr);
}

Outcome<Value> rounded_integer(std::int64_t value, std::int64_t digits) {
    if (digits >= 0) return Value(value);
    if (digits < -18) return Value(0);
    std::int64_t unit = 1;
    for (std::int64_t i = 0; i > digits; --i) unit *= 10;
    std::int64_t rest = value % unit;
    if (rest < 0) rest += unit;
    const std::int64_t low = value - rest;  // cannot overflow by more than a unit
    const bool is_odd = (low / unit) % 2 != 0;
    const bool goes_up = rest > unit - rest || (rest == unit - rest && is_odd);
    std::int64_t result = low;
    if (goes_up && __builtin_add_overflow(low, unit, &result))
        return template_fail("the result does not fit into 64 bits");
    return Value(result);
}

FilterResult round_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    SW_TRY(check_defined(input));
    const Value* precision = arguments.get(0, "precision");
    const Value* method = arguments.get(1, "method");
    const std::string how = method != nullptr ? method->text() : "common";
    if (how != "common" && how != "ceil" && how != "floor")
        return template_fail("round's method is 'common', 'ceil' or 'floor', not '" + how + "'");
    if (!input.is_number())
        return template_fail("round expects a number, but got a '" + input.type_name() + "'");
    if (precision != nullptr && !precision->is_integer())
        return template_fail("round expects a whole number as 'precision'");
    const std::int64_t digits = precision != nullptr ? precision->integer() : 0;
    if (how == "common") {
        if (input.is_integer()) return rounded_integer(input.integer(), digits);
        return Value(rounded(input.number(), digits));
    }
    const double factor = std::pow(10.0, static_cast<double>(digits));
    const double scaled = input.number() * factor;
    if (!std::isfinite(scaled)) return template_fail("round expects a smaller number");
    // Python's are whole numbers, which have no -0.0.
    return Value(((how == "ceil" ? std::ceil(scaled) : std::floor(scaled)) + 0.0) / factor);
}

FilterResult abs_filter(Interpreter&, const Value& input, const Arguments&) {
    SW_TRY(check_defined(input));
    if (!input.is_number())
        return template_fail("abs expects a number, but got a '" + input.type_name() + "'");
    if (!input.is_integer()) return Value(std::abs(input.number()));
    if (input.integer() < 0)
        return binary(BinaryOperator::subtract, Value(0), Value(input.integer()));
    return Value(input.integer());
}

FilterResult default_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* fallback = arguments.get(0, "default_value");
    const bool is_missing =
        input.is_undefined() || (flag(arguments, 1, "boolean") && !input.is_true());
    if (!is_missing) return input;
    return fallback != nullptr ? *fallback : Value("");
}

FilterResult attr_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    SW_TRY(check_defined(input));
    const Value* name = arguments.get(0, "name");
    if (name->as_text() == nullptr) return template_fail("attr expects a name");
    // Not the keys of dicts, other than `input.name`.
    if (input.as_dict() == nullptr) return interpreter.attribute(input, *name->as_text());
    if (auto method = method_of(input, *name->as_text())) return *std::move(method);
    return Value::undefined("'dict object' has no attribute '" + *name->as_text() + "'");
}

/// As Python writes sizes of files.
FilterResult size_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    SW_TRY(check_defined(input));
    const auto given = input.is_number()            ? std::optional(input.number())
                       : input.as_text() != nullptr ? parse_real(*input.as_text())
                                                    : std::nullopt;
    if (!given) return template_fail("filesizeformat expects a number");
    const bool is_binary = flag(arguments, 0, "binary");
    const double base = is_binary ? 1024 : 1000;
    if (*given == 1) return Value("1 Byte");
    if (*given < base) return Value(std::to_string(static_cast<std::int64_t>(*given)) + " Bytes");
    const std::string_view prefixes = is_binary ? "KMGTPEZY" : "kMGTPEZY";
    double unit = base * base;
    std::size_t i = 0;
    for (; i + 1 < prefixes.size() && *given >= unit; ++i) unit *= base;
    char buffer[512];
    std::snprintf(buffer, sizeof buffer, "%.1f %c%sB", base * *given / unit, prefixes[i],
                  is_binary ? "i" : "");
    return Value(std::string(buffer));
}

}  // namespace

void add_filters(Environment& environment) {
    add_filter(environment, "int(default=, base=)", int_filter);
    add_filter(environment, "float(default=)", float_filter);
    add_filter(environment, "as_number()", as_number_filter);
    add_filter(environment, "as_bool()", as_bool_filter);
    add_filter(environment, "as_native()", as_native_filter);
    add_filter(environment, "round(precision=, method=)", round_filter);
    add_filter(environment, "abs()", abs_filter);
    for (const char* name : {"default", "d"})
        add_filter(environment, std::string(name) + "(default_value=, boolean=)", default_filter);
    add_filter(environment, "attr(name)", attr_filter);
    add_filter(environment, "filesizeformat(binary=)", size_filter);
    add_filter(environment, "tojson(indent=)", tojson_filter);
    add_filter(environment, "pprint()", pprint_filter);
    for (const char* name : {"string()", "as_text()", "safe()"}) {
        add_filter(environment, name,
                   [](Interpreter&, const Value& input, const Arguments&) -> Outcome<Value> {
                       return Value(input.text());
                   });
    }
}

}  // namespace stepwell::tasks::jinja
