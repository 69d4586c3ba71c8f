// Times. Now is what the caller says, the same for a whole evaluation.
#include <array>
#include <cmath>

#include "engine/base/ascii.hpp"
#include "engine/expression/jsonata/library.hpp"
#include "engine/expression/jsonata/pictures.hpp"
#include "engine/expression/jsonata/pictures_time.hpp"

namespace stepwell::expression::jsonata {
namespace {

double now_ms(const Call& call) {
    return static_cast<double>(to_ms(call.evaluator.environment().now));
}

Maybe formatted(const Call& call, double ms, const Value& picture, const Value& zone) {
    constexpr double kMsMax = 8.64e15;
    if (!(std::abs(ms) <= kMsMax)) {
        Fault fault;
        fault.code = "D3110";
        fault.value = json_text(Value::of(ms));
        return call.evaluator.raise(std::move(fault));
    }
    constexpr std::uint64_t kCostOfTime = 100;
    SW_TRY(
        call.evaluator.spend(kCostOfTime + (picture.is_string() ? 4 * picture.text().size() : 0)));
    std::optional<std::string_view> wanted;
    if (picture.is_string()) wanted = picture.text();
    auto text = format_time(ms, wanted, zone.is_string() ? zone.text() : std::string_view());
    if (!text) return call.evaluator.raise(std::move(text).error());
    SW_TRY(call.evaluator.make_room(text->size()));
    return call.evaluator.text(*text);
}

Maybe from_millis(const Call& call) {
    if (call[0].is_undefined()) return Value();
    return formatted(call, call[0].number(), call[1], call[2]);
}

Maybe now(const Call& call) {
    return formatted(call, now_ms(call), call[0], call[1]);
}

Maybe millis(const Call& call) {
    return Value::of(now_ms(call));
}

/// Reads what ISO 8601 allows as JavaScript takes it: a date, or with a time and an offset.
class IsoReader {
public:
    explicit IsoReader(std::string_view text) : text_(text) {}

    /// Nothing where the text is not of this form; NaN where it names no time.
    std::optional<double> read() {
        double year = 0;
        double month = 1;
        double day = 1;
        if (!digits(4, year)) return std::nullopt;
        bool is_real = true;
        if (eat('-') && (!digits(2, month) || month > 19)) return std::nullopt;
        if (eat('-') && (!digits(2, day) || day > 39)) return std::nullopt;
        double hour = 0;
        double minute = 0;
        double second = 0;
        if (eat('T')) {
            const bool is_time =
                digits(2, hour) && eat(':') && digits(2, minute) && eat(':') && digits(2, second);
            if (!is_time) return std::nullopt;
            is_real =
                hour <= 24 && minute < 60 && second < 60 && (hour < 24 || minute + second == 0);
        }
        double fraction = 0;
        if (eat('.')) {
            double scale = 1000;
            if (at_ >= text_.size() || !is_digit(text_[at_])) return std::nullopt;
            for (; at_ < text_.size() && is_digit(text_[at_]); ++at_) {
                scale /= 10;
                fraction += (text_[at_] - '0') * scale;
            }
        }
        double offset = 0;
        if (!zone(offset) || at_ < text_.size()) return std::nullopt;
        const bool is_date = month >= 1 && month <= 12 && day >= 1 && day <= 31;
        if (!is_date || !is_real) return NAN;
        const double days = static_cast<double>(
            days_of(static_cast<std::int64_t>(year), static_cast<int>(month), 1));
        return (days + day - 1) * 86'400'000.0 + hour * 3'600'000.0 + minute * 60'000.0 +
               second * 1'000.0 + std::floor(fraction + 1e-9) - offset * 60'000.0;
    }

private:
    bool eat(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    bool digits(std::size_t count, double& value) {
        value = 0;
        for (std::size_t i = 0; i < count; ++i, ++at_) {
            if (at_ >= text_.size() || !is_digit(text_[at_])) return false;
            value = value * 10 + (text_[at_] - '0');
        }
        return true;
    }
    bool zone(double& minutes) {
        minutes = 0;
        if (at_ >= text_.size() || eat('Z')) return true;
        const char sign = text_[at_++];
        double hour = 0;
        double minute = 0;
        if (sign != '+' && sign != '-') return false;
        if (!digits(2, hour)) return false;
        eat(':');
        if (!digits(2, minute) || hour > 29 || minute > 59) return false;
        minutes = (sign == '-' ? -1 : 1) * (hour * 60 + minute);
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

Maybe to_millis(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    if (call[1].is_undefined()) {
        const auto ms = IsoReader(text).read();
        if (ms) return Value::of(*ms);
        return call.evaluator.raise("D3110", call[0]);
    }
    // The picture becomes a pattern each time.
    constexpr std::uint64_t kCostOfTimePicture = 1'000;
    SW_TRY(call.evaluator.spend(kCostOfTimePicture + 20 * (text.size() + call[1].text().size())));
    auto ms = parse_time(text, call[1].text(), now_ms(call));
    if (!ms) return call.evaluator.raise(std::move(ms).error());
    return *ms ? Value::of(**ms) : Value();
}

constexpr auto kTimeFunctions = std::to_array<Builtin>({
    {"fromMillis", "<n-s?s?:s>", 3, from_millis},
    {"toMillis", "<s-s?:n>", 2, to_millis},
    {"now", "<s?s?:s>", 2, now},
    {"millis", "<:n>", 0, millis},
});

}  // namespace

std::span<const Builtin> library::times() {
    return kTimeFunctions;
}

}  // namespace stepwell::expression::jsonata
