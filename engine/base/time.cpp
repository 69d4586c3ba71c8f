#include "engine/base/time.hpp"

#include <array>
#include <cstdio>

namespace stepwell {
namespace {

namespace chrono = std::chrono;

/// Reads exactly `digits` digits at `at` and moves on; -1 where there are others.
int read_digits(std::string_view text, std::size_t& at, int digits) {
    int value = 0;
    for (int i = 0; i < digits; ++i, ++at) {
        if (at >= text.size() || text[at] < '0' || text[at] > '9') return -1;
        value = value * 10 + (text[at] - '0');
    }
    return value;
}

bool read_char(std::string_view text, std::size_t& at, char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
}

/// ".123" as nanoseconds; 0 where there is no fraction, -1 where it is malformed.
std::int32_t read_fraction(std::string_view text, std::size_t& at) {
    if (at >= text.size() || text[at] != '.') return 0;
    std::int32_t nanos = 0;
    int digits = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits) {
        if (digits < 9) nanos = nanos * 10 + (text[at] - '0');
    }
    if (digits == 0 || digits > 9) return -1;
    for (; digits < 9; ++digits) nanos *= 10;
    return nanos;
}

/// "Z" or "+hh:mm" as seconds east; nothing where it is malformed or does not end the text.
std::optional<int> read_offset(std::string_view text, std::size_t at) {
    if (text.substr(at) == "Z") return 0;
    if (at >= text.size() || (text[at] != '+' && text[at] != '-')) return std::nullopt;
    const int sign = text[at++] == '-' ? -1 : 1;
    const int hours = read_digits(text, at, 2);
    if (!read_char(text, at, ':')) return std::nullopt;
    const int minutes = read_digits(text, at, 2);
    const bool is_valid = hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59;
    if (!is_valid || at != text.size()) return std::nullopt;
    return sign * (hours * 3600 + minutes * 60);
}

}  // namespace

std::string to_iso8601(Timestamp at) {
    const auto day = chrono::floor<chrono::days>(at);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss time(at - day);
    std::array<char, 40> buffer{};
    const int length = std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                                     int(date.year()), unsigned(date.month()), unsigned(date.day()),
                                     int(time.hours().count()), int(time.minutes().count()),
                                     int(time.seconds().count()));
    std::string text(buffer.data(), static_cast<std::size_t>(length));
    if (const auto ms = time.subseconds().count(); ms != 0) {
        std::snprintf(buffer.data(), buffer.size(), ".%03d", int(ms));
        text += buffer.data();
    }
    return text + "Z";
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
    std::size_t at = 0;
    const int year = read_digits(text, at, 4);
    if (!read_char(text, at, '-')) return std::nullopt;
    const int month = read_digits(text, at, 2);
    if (!read_char(text, at, '-')) return std::nullopt;
    const int day = read_digits(text, at, 2);
    if (!read_char(text, at, 'T')) return std::nullopt;
    const int hour = read_digits(text, at, 2);
    if (!read_char(text, at, ':')) return std::nullopt;
    const int minute = read_digits(text, at, 2);
    if (!read_char(text, at, ':')) return std::nullopt;
    const int second = read_digits(text, at, 2);
    const std::int32_t nanos = read_fraction(text, at);
    const auto offset = read_offset(text, at);
    if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0)
        return std::nullopt;
    const chrono::year_month_day date{chrono::year(year), chrono::month(unsigned(month)),
                                      chrono::day(unsigned(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 59 || nanos < 0 || !offset) {
        return std::nullopt;
    }
    const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
    return Instant{
        days * 86'400 + hour * std::int64_t{3600} + minute * std::int64_t{60} + second - *offset,
        nanos};
}

}  // namespace stepwell
