// Numbers, and texts as numbers.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "engine/base/ascii.hpp"
#include "engine/expression/jsonata/library.hpp"
#include "engine/expression/jsonata/pictures.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

/// The same with the decimal point `places` further to the right.
double shifted(double number, double places) {
    const std::string text = number_text(number);
    const std::size_t e = text.find('e');
    const double exponent = e == text.npos ? 0 : std::strtod(text.c_str() + e + 1, nullptr);
    const std::string moved = text.substr(0, e) + "e" + number_text(std::trunc(exponent + places));
    return std::strtod(moved.c_str(), nullptr);
}

}  // namespace

double rounded(double number, double places) {
    double value = places != 0 ? shifted(number, places) : number;
    double result = std::floor(value + 0.5);
    if (std::abs(value) >= 4503599627370496.0) result = value;  // 2^52: whole already
    const double difference = result - value;
    if (std::abs(difference) == 0.5 && std::abs(std::fmod(result, 2)) == 1) result -= 1;
    if (places != 0) result = shifted(result, -places);
    return result == 0 ? 0 : result;
}

namespace {

/// To read a picture, and to write a number by it.
constexpr std::uint64_t kCostOfPicture = 100;

Maybe number(const Call& call) {
    const Value value = call[0];
    if (value.is_undefined() || value.is_number()) return value;
    if (value.kind() == Kind::boolean) return Value::of(value.boolean() ? 1.0 : 0.0);
    const std::optional<double> read =
        value.is_string() ? number_in(value.text()) : std::optional<double>();
    if (read) return Value::of(*read);
    auto raised = call.evaluator.raise("D3030", value);
    raised.error.fault->index = "1";
    return raised;
}

template <double (*Compute)(double)>
Maybe of_one(const Call& call) {
    if (call[0].is_undefined()) return Value();
    return Value::of(Compute(call[0].number()));
}

Maybe round(const Call& call) {
    if (call[0].is_undefined()) return Value();
    if (!std::isfinite(call[0].number())) return call[0];
    return Value::of(rounded(call[0].number(), call[1].is_undefined() ? 0 : call[1].number()));
}

Maybe sqrt(const Call& call) {
    if (call[0].is_undefined()) return Value();
    if (call[0].number() < 0) {
        auto raised = call.evaluator.raise("D3060", call[0]);
        raised.error.fault->index = "1";
        return raised;
    }
    return Value::of(std::sqrt(call[0].number()));
}

Maybe power(const Call& call) {
    if (call[0].is_undefined() || call[1].is_undefined()) {
        return call[0].is_undefined() ? Value() : Maybe(call.evaluator.raise("D3061", call[0]));
    }
    const double result = std::pow(call[0].number(), call[1].number());
    if (std::isfinite(result)) return Value::of(result);
    auto raised = call.evaluator.raise("D3061", call[0]);
    raised.error.fault->index = "1";
    raised.error.fault->value2 = json_text(call[1]);
    return raised;
}

/// With a seed always the same.
Maybe random(const Call& call) {
    if (call[0].is_undefined()) return Value::of(call.evaluator.random().unit());
    const double seed = std::floor(call[0].number());
    Prng seeded(static_cast<std::uint64_t>(
        static_cast<std::int64_t>(std::clamp(seed, -9007199254740992.0, 9007199254740992.0))));
    return Value::of(seeded.unit());
}

template <class Fold>
Maybe folded(const Call& call, Fold fold) {
    if (call[0].is_undefined()) return Value();
    const std::size_t size = call[0].size();
    SW_TRY(call.evaluator.spend(size / 4));
    if (size == 0) return Value();
    double result = call[0][0].number();
    for (std::size_t i = 1; i < size; ++i) result = fold(result, call[0][i].number());
    return Value::of(result);
}

Maybe sum(const Call& call) {
    const auto add = [](double a, double b) { return a + b; };
    const Value total = SW_TRY(folded(call, add));
    return total.is_undefined() && !call[0].is_undefined() ? Value::of(0.0) : total;
}

Maybe max(const Call& call) {
    return folded(call, [](double a, double b) { return a > b ? a : b; });
}

Maybe min(const Call& call) {
    return folded(call, [](double a, double b) { return a < b ? a : b; });
}

Maybe average(const Call& call) {
    const Value total = SW_TRY(folded(call, [](double a, double b) { return a + b; }));
    if (total.is_undefined()) return total;
    return Value::of(total.number() / static_cast<double>(call[0].size()));
}

Maybe format_base(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const double value = rounded(call[0].number(), 0);
    const double radix = call[1].is_undefined() ? 10 : rounded(call[1].number(), 0);
    if (radix < 2 || radix > 36) return call.evaluator.raise("D3100", Value::of(radix));
    if (radix == 10 || !std::isfinite(value)) return call.evaluator.text(number_text(value));
    std::string digits;
    double rest = std::abs(value);
    do {
        const auto digit = static_cast<std::size_t>(std::fmod(rest, radix));
        digits += "0123456789abcdefghijklmnopqrstuvwxyz"[digit];
        rest = std::floor(rest / radix);
    } while (rest > 0);
    if (value < 0) digits += '-';
    std::reverse(digits.begin(), digits.end());
    return call.evaluator.text(digits);
}

Maybe answer(const Call& call, Result<std::string, Fault> made) {
    if (!made) return call.evaluator.raise(std::move(made).error());
    SW_TRY(call.evaluator.make_room(made->size()));
    return call.evaluator.text(*made);
}

Maybe format_number_(const Call& call) {
    if (call[0].is_undefined()) return Value();
    if (call[1].is_undefined()) return call.evaluator.raise("T0410");
    SW_TRY(call.evaluator.spend(kCostOfPicture + 4 * call[1].text().size()));
    std::vector<std::pair<std::string, std::string>> options;
    if (call[2].is_object()) {
        for_each_member(call[2], [&](std::string_view key, const Value& value) {
            if (value.is_string()) options.emplace_back(key, value.text());
        });
    }
    return answer(call, format_number(call[0].number(), call[1].text(), options));
}

Maybe format_integer_(const Call& call) {
    if (call[0].is_undefined()) return Value();
    if (call[1].is_undefined()) return Value();
    SW_TRY(call.evaluator.spend(kCostOfPicture + 4 * call[1].text().size()));
    return answer(call, format_integer(std::floor(call[0].number()), call[1].text()));
}

Maybe parse_integer_(const Call& call) {
    if (call[0].is_undefined()) return Value();
    if (call[1].is_undefined()) return Value();
    SW_TRY(
        call.evaluator.spend(kCostOfPicture + 4 * (call[0].text().size() + call[1].text().size())));
    auto read = parse_integer(call[0].text(), call[1].text());
    if (!read) return call.evaluator.raise(std::move(read).error());
    return *read ? Value::of(**read) : Value();
}

double floor_of(double x) {
    return std::floor(x);
}
double ceil_of(double x) {
    return std::ceil(x);
}
double abs_of(double x) {
    return std::abs(x);
}

constexpr auto kNumberFunctions = std::to_array<Builtin>({
    {"number", "<(nsb)-:n>", 1, number},
    {"floor", "<n-:n>", 1, of_one<floor_of>},
    {"ceil", "<n-:n>", 1, of_one<ceil_of>},
    {"abs", "<n-:n>", 1, of_one<abs_of>},
    {"round", "<n-n?:n>", 2, round},
    {"sqrt", "<n-:n>", 1, sqrt},
    {"power", "<n-n:n>", 2, power},
    {"random", "<n?:n>", 0, random},
    {"sum", "<a<n>:n>", 1, sum},
    {"max", "<a<n>:n>", 1, max},
    {"min", "<a<n>:n>", 1, min},
    {"average", "<a<n>:n>", 1, average},
    {"formatBase", "<n-n?:s>", 2, format_base},
    {"formatNumber", "<n-so?:s>", 3, format_number_},
    {"formatInteger", "<n-s:s>", 2, format_integer_},
    {"parseInteger", "<s-s:n>", 2, parse_integer_},
});

}  // namespace

std::optional<double> number_in(std::string_view text) {
    std::size_t at = text.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
        const std::size_t from = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return at > from;
    };
    const auto whole = [&](int base) -> std::optional<double> {
        double value = 0;
        for (const char c : text.substr(2)) {
            const int digit = hex_value(c);
            if (digit < 0 || digit >= base) return std::nullopt;
            value = value * base + digit;
        }
        return value;
    };
    if (text.size() > 2 && text[0] == '0') {
        const char letter = lower(text[1]);
        if (letter == 'x') return whole(16);
        if (letter == 'o') return whole(8);
        if (letter == 'b') return whole(2);
    }
    if (!digits()) return std::nullopt;
    if (at < text.size() && text[at] == '.' && (++at, !digits())) return std::nullopt;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        if (!digits()) return std::nullopt;
    }
    if (at < text.size()) return std::nullopt;
    const double value = std::strtod(std::string(text).c_str(), nullptr);
    if (!std::isfinite(value)) return std::nullopt;
    return value;
}

std::span<const Builtin> library::numbers() {
    return kNumberFunctions;
}

}  // namespace stepwell::expression::jsonata
