#include "tasks/sql/strict_types.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/base/ascii.hpp"

namespace stepwell::tasks::data::strict {
namespace {

/// A number as it is written.
struct NumberText {
    bool is_negative = false;
    bool is_signed = false;
    std::string_view whole;     // digits
    std::string_view fraction;  // digits behind the point
    bool has_point = false;
    bool has_exponent = false;
    std::string_view exponent;  // with its sign
};

std::string_view take_digits(std::string_view& text) {
    std::size_t size = 0;
    while (size < text.size() && is_digit(text[size])) ++size;
    const std::string_view digits = text.substr(0, size);
    text.remove_prefix(size);
    return digits;
}

bool take_exponent(std::string_view& text, NumberText& number) {
    if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return true;
    text.remove_prefix(1);
    number.has_exponent = true;
    const std::string_view from = text;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    if (take_digits(text).empty()) return false;
    number.exponent = from.substr(0, from.size() - text.size());
    return true;
}

/// [+-]?(digits[.digits]|.digits)[e[+-]digits], and nothing else.
std::optional<NumberText> number_text(std::string_view text) {
    NumberText number;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        number.is_signed = true;
        number.is_negative = text[0] == '-';
        text.remove_prefix(1);
    }
    number.whole = take_digits(text);
    if (!text.empty() && text[0] == '.') {
        text.remove_prefix(1);
        number.has_point = true;
        number.fraction = take_digits(text);
        if (number.fraction.empty()) return std::nullopt;
    } else if (number.whole.empty()) {
        return std::nullopt;
    }
    if (!take_exponent(text, number) || !text.empty()) return std::nullopt;
    return number;
}

std::string_view without_leading_zeros(std::string_view digits) {
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
}

std::string_view without_trailing_zeros(std::string_view digits) {
    const std::size_t last = digits.find_last_not_of('0');
    return digits.substr(0, last == digits.npos ? 0 : last + 1);
}

/// Two digits as a number; -1 where they are none.
int two_digits(std::string_view text, std::size_t at) {
    if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return -1;
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

int days_of(int year, int month) {
    constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && is_leap ? 29 : kDays[month - 1];
}

/// Howard Hinnant's days-from-civil formula.
std::int32_t days_since_1970(int year, int month, int day) {
    year -= month <= 2 ? 1 : 0;
    const int era = year / 400;
    const int year_of_era = year - era * 400;
    const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

constexpr std::size_t kDateBytes = 10;
constexpr std::int64_t kSecondMicros = 1'000'000;
constexpr std::int64_t kMinuteMicros = 60 * kSecondMicros;
constexpr std::int64_t kDayMicros = 1440 * kMinuteMicros;
constexpr int kMicrosDigits = 6;
constexpr int kNanosDigits = 9;

/// A time of the day at the start of a text.
struct ClockText {
    std::int64_t micros = 0;
    std::string_view fraction;  // digits behind the second's point
    bool has_seconds = false;
};

std::optional<ClockText> take_clock(std::string_view& text) {
    const int hour = two_digits(text, 0);
    const int minute = two_digits(text, 3);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text[2] != ':') return std::nullopt;
    ClockText clock;
    clock.micros = (hour * 60 + minute) * kMinuteMicros;
    text.remove_prefix(5);
    if (text.empty() || text[0] != ':') return clock;
    const int second = two_digits(text, 1);
    if (second < 0 || second > 59) return std::nullopt;
    clock.has_seconds = true;
    clock.micros += second * kSecondMicros;
    text.remove_prefix(3);
    if (text.empty() || text[0] != '.') return clock;
    text.remove_prefix(1);
    clock.fraction = take_digits(text);
    if (clock.fraction.empty()) return std::nullopt;
    std::int64_t unit = kSecondMicros / 10;
    for (const char digit : clock.fraction.substr(0, kMicrosDigits)) {
        clock.micros += (digit - '0') * unit;
        unit /= 10;
    }
    return clock;
}

/// The offset at the end, in minutes east of UTC; nothing where the text is something else.
std::optional<int> offset_of(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const int hours = two_digits(text, 1);
    const bool has_colon = text.size() == 6 && text[3] == ':';
    const bool has_minutes = has_colon || text.size() == 5;
    if (!has_minutes && text.size() != 3) return std::nullopt;
    const int minutes = has_minutes ? two_digits(text, has_colon ? 4 : 3) : 0;
    if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) return std::nullopt;
    const int offset = hours * 60 + minutes;
    return text[0] == '-' ? -offset : offset;
}

struct MomentText {
    std::int32_t days = 0;
    std::optional<ClockText> clock;
    std::string_view offset;
};

std::optional<MomentText> moment_text(std::string_view text) {
    const auto days = date_of(text.substr(0, kDateBytes));
    if (!days) return std::nullopt;
    MomentText moment;
    moment.days = *days;
    text.remove_prefix(kDateBytes);
    if (text.empty()) return moment;
    if (text[0] != ' ' && text[0] != 'T') return std::nullopt;
    text.remove_prefix(1);
    moment.clock = take_clock(text);
    if (!moment.clock) return std::nullopt;
    moment.offset = text;
    return moment;
}

std::int64_t micros_of(const MomentText& moment) {
    return moment.days * kDayMicros + (moment.clock ? moment.clock->micros : 0);
}

std::size_t digits_that_count(const MomentText& moment) {
    return moment.clock ? without_trailing_zeros(moment.clock->fraction).size() : 0;
}

}  // namespace

std::optional<bool> boolean_of(std::string_view text) {
    const auto is = [&](std::string_view word) {
        return text.size() == word.size() &&
               std::equal(text.begin(), text.end(), word.begin(),
                          [](char a, char b) { return (a | 0x20) == b; });
    };
    if (is("true")) return true;
    if (is("false")) return false;
    return std::nullopt;
}

namespace {

constexpr std::size_t kNarrowDigits = 18;  // of any number that 64 bits hold

/// Of the texts that most integers are: digits, perhaps a sign. Nothing where it must be looked at.
std::optional<std::int64_t> plain_integer(std::string_view text) {
    const bool is_negative = !text.empty() && text[0] == '-';
    if (is_negative) text.remove_prefix(1);
    if (text.empty() || text.size() > kNarrowDigits) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return is_negative ? -value : value;
}

}  // namespace

std::optional<Wide> integer_of(std::string_view text) {
    if (const auto plain = plain_integer(text)) return *plain;
    const auto number = number_text(text);
    if (!number || number->has_exponent || number->whole.empty()) return std::nullopt;
    if (!without_trailing_zeros(number->fraction).empty()) return std::nullopt;
    const std::string_view digits = without_leading_zeros(number->whole);
    std::int64_t narrow = 0;
    for (const char digit : digits.substr(0, kNarrowDigits)) narrow = narrow * 10 + (digit - '0');
    Wide value = number->is_negative ? -narrow : narrow;
    if (digits.size() <= kNarrowDigits) return value;
    for (const char c : digits.substr(kNarrowDigits)) {
        const int digit = number->is_negative ? '0' - c : c - '0';
        const bool is_too_large = __builtin_mul_overflow(value, Wide{10}, &value) ||
                                  __builtin_add_overflow(value, Wide{digit}, &value);
        if (is_too_large) return std::nullopt;
    }
    return value;
}

std::optional<double> double_of(std::string_view text) {
    if (!number_text(text)) return std::nullopt;
    if (text[0] == '+') text.remove_prefix(1);
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || !std::isfinite(value)) return std::nullopt;
    // There is one zero: DuckDB's tables keep equal values once, with the sign of the first.
    return value == 0 ? 0.0 : value;
}

bool is_number(std::string_view text) {
    return double_of(text).has_value();
}

bool is_decimal(std::string_view text, int width, int scale) {
    const auto number = number_text(text);
    if (!number || number->has_exponent || scale < 0 || width < scale) return false;
    return without_leading_zeros(number->whole).size() <= static_cast<std::size_t>(width - scale) &&
           without_trailing_zeros(number->fraction).size() <= static_cast<std::size_t>(scale);
}

std::optional<std::int32_t> date_of(std::string_view text) {
    if (text.size() != kDateBytes || text[4] != '-' || text[7] != '-') return std::nullopt;
    const int century = two_digits(text, 0);
    const int year_of_century = two_digits(text, 2);
    const int month = two_digits(text, 5);
    const int day = two_digits(text, 8);
    if (century < 0 || year_of_century < 0 || month < 1 || month > 12) return std::nullopt;
    const int year = century * 100 + year_of_century;
    if (year < 1 || day < 1 || day > days_of(year, month)) return std::nullopt;
    return days_since_1970(year, month, day);
}

std::optional<std::int64_t> time_of(std::string_view text) {
    const auto clock = take_clock(text);
    if (!clock || !text.empty()) return std::nullopt;
    if (without_trailing_zeros(clock->fraction).size() > kMicrosDigits) return std::nullopt;
    return clock->micros;
}

std::optional<std::int64_t> timestamp_of(std::string_view text) {
    const auto moment = moment_text(text);
    if (!moment || !moment->offset.empty()) return std::nullopt;
    if (digits_that_count(*moment) > kMicrosDigits) return std::nullopt;
    return micros_of(*moment);
}

std::optional<std::int64_t> moment_of(std::string_view text) {
    const auto moment = moment_text(text);
    if (!moment || digits_that_count(*moment) > kMicrosDigits) return std::nullopt;
    if (moment->offset.empty()) return micros_of(*moment);
    const auto offset = offset_of(moment->offset);
    if (!offset) return std::nullopt;
    return micros_of(*moment) - *offset * kMinuteMicros;
}

bool is_timestamp(std::string_view text, int digits) {
    const auto moment = moment_text(text);
    return moment && moment->offset.empty() && digits >= 0 && digits <= kNanosDigits &&
           digits_that_count(*moment) <= static_cast<std::size_t>(digits);
}

bool is_uuid(std::string_view text) {
    constexpr std::size_t kBytes = 36;
    if (text.size() != kBytes) return false;
    for (std::size_t i = 0; i < kBytes; ++i) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char lower = static_cast<char>(text[i] | 0x20);
        const bool is_hex = is_digit(text[i]) || (lower >= 'a' && lower <= 'f');
        if (is_dash ? text[i] != '-' : !is_hex) return false;
    }
    return true;
}

namespace {

// Each set of bits shrinks by AND: a scale has one bit, so that two scales leave none; of the
// digits before the point all bits from their number on are set, so that the largest number stays.
enum Kind : std::uint64_t {
    kBigint = 1U << 0U,
    kHugeint = 1U << 1U,
    kDouble = 1U << 2U,
    kDecimal = 1U << 3U,
    kBoolean = 1U << 4U,
    kDate = 1U << 5U,
    kTimestamp = 1U << 6U,
};
constexpr unsigned kScaleBit = 7;
constexpr std::size_t kScaleMax = 22;
constexpr unsigned kWholeBit = kScaleBit + kScaleMax + 1;  // 30: of one digit before the point
constexpr std::size_t kWholeMax = 34;
constexpr std::size_t kDecimalDigitsMax = 38;
constexpr std::size_t kDoubleDigits = 15;

std::uint64_t decimal_kinds(const NumberText& number) {
    const std::size_t scale = number.fraction.size();
    const std::size_t whole = number.whole.size();
    if (scale > kScaleMax || whole > kWholeMax || whole + scale > kDecimalDigitsMax) return 0;
    return kDecimal | 1ULL << (kScaleBit + scale) | ~0ULL << (kWholeBit + whole - 1);
}

bool is_zero(const NumberText& number) {
    return without_leading_zeros(number.whole).empty() &&
           without_leading_zeros(number.fraction).empty();
}

/// Of the texts that most numbers are, without looking at their value: digits, perhaps a sign and
/// a point, few enough for all kinds of numbers. Nothing where it must be looked at.
std::optional<std::uint64_t> plain_kinds(std::string_view text) {
    const std::size_t sign = text[0] == '-' ? 1 : 0;
    std::size_t point = text.size();
    for (std::size_t i = sign; i < text.size(); ++i) {
        if (is_digit(text[i])) continue;
        if (text[i] != '.' || point != text.size()) return std::nullopt;
        point = i;
    }
    const std::size_t whole = point - sign;
    const std::size_t scale = point == text.size() ? 0 : text.size() - point - 1;
    const bool is_zero_ahead = whole > 0 && text[sign] == '0' && (whole > 1 || sign == 1);
    const bool has_fraction = point != text.size();
    if (whole == 0 || is_zero_ahead || whole + scale > kDoubleDigits) return std::nullopt;
    if (has_fraction && scale == 0) return std::nullopt;
    const std::uint64_t kinds =
        kDouble | kDecimal | 1ULL << (kScaleBit + scale) | ~0ULL << (kWholeBit + whole - 1);
    return has_fraction ? kinds : kinds | kBigint | kHugeint;
}

/// Whether the nearest double has the same digits.
bool comes_back(const NumberText& number, std::string_view text) {
    const std::string_view whole = without_leading_zeros(number.whole);
    const std::string_view fraction = without_trailing_zeros(number.fraction);
    const std::size_t digits = whole.empty()      ? without_leading_zeros(fraction).size()
                               : fraction.empty() ? without_trailing_zeros(whole).size()
                                                  : whole.size() + fraction.size();
    if (digits > kDoubleDigits) return false;
    const auto value = double_of(text);
    return value && (*value == 0 || std::abs(*value) >= std::numeric_limits<double>::min());
}

std::uint64_t number_kinds(std::string_view text) {
    const auto number = number_text(text);
    const bool is_usual = number && !number->whole.empty() &&
                          (number->whole.size() == 1 || number->whole[0] != '0') &&
                          (!number->is_signed || number->is_negative);
    if (!is_usual) return 0;
    std::uint64_t kinds = comes_back(*number, text) ? std::uint64_t{kDouble} : 0;
    const bool is_minus_zero = number->is_negative && is_zero(*number);
    if (number->has_exponent || is_minus_zero) return kinds;
    kinds |= decimal_kinds(*number);
    if (number->has_point) return kinds;
    const auto value = integer_of(text);
    if (!value) return kinds;
    kinds |= kHugeint;
    const bool fits = *value >= std::numeric_limits<std::int64_t>::min() &&
                      *value <= std::numeric_limits<std::int64_t>::max();
    return fits ? kinds | kBigint : kinds;
}

std::uint64_t moment_kinds(std::string_view text) {
    const auto moment = moment_text(text);
    if (!moment) return 0;
    if (!moment->clock) return kDate;
    const bool is_whole = moment->clock->has_seconds && moment->offset.empty() &&
                          moment->clock->fraction.size() <= kMicrosDigits;
    return is_whole ? std::uint64_t{kTimestamp} : 0;
}

}  // namespace

std::uint64_t kinds_of(std::string_view text) {
    if (text.empty()) return 0;
    if (text == "true" || text == "false") return kBoolean;
    if (text.size() >= kDateBytes && text[4] == '-') return moment_kinds(text);
    if (const auto kinds = plain_kinds(text)) return *kinds;
    return number_kinds(text);
}

std::string type_of_kinds(std::uint64_t kinds) {
    if ((kinds & kBigint) != 0) return "bigint";
    if ((kinds & kHugeint) != 0) return "hugeint";
    if ((kinds & kDouble) != 0) return "double";
    if ((kinds & kBoolean) != 0) return "boolean";
    if ((kinds & kDate) != 0) return "date";
    if ((kinds & kTimestamp) != 0) return "timestamp";
    if ((kinds & kDecimal) == 0) return "varchar";
    for (std::size_t scale = 0; scale <= kScaleMax; ++scale) {
        if ((kinds & 1ULL << (kScaleBit + scale)) == 0) continue;
        std::size_t whole = 1;
        while (whole < kWholeMax && (kinds & 1ULL << (kWholeBit + whole - 1)) == 0) ++whole;
        if (whole + scale > kDecimalDigitsMax) break;
        return "decimal(" + std::to_string(whole + scale) + "," + std::to_string(scale) + ")";
    }
    return "varchar";
}

}  // namespace stepwell::tasks::data::strict
