// Pictures of times, read. Internal to engine/expression/jsonata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/jsonata/pictures_integer.hpp"

namespace stepwell::expression::jsonata {

/// A date and a time of day, in UTC, of the proleptic Gregorian calendar.
struct Civil {
    std::int64_t year = 1970;
    int month = 1;
    int day = 1;
    std::int64_t days = 0;  // since the epoch
    std::int64_t ms = 0;    // of the day

    static Civil of(double ms);
};
std::int64_t days_of(std::int64_t year, int month, int day);

/// Monday to Sunday are 1 to 7.
int weekday_of(std::int64_t days);

/// One part of a picture: literal text, or a component of a time.
struct TimePart {
    enum class Names { none, lower, upper, title };
    char component = 0;  // 0: a literal
    std::string literal;
    Names names = Names::none;
    std::size_t width_max = 0;  // 0: any
    int year_digits = -1;       // of Y: -1, all of them
    bool has_z_for_zero = false;
    std::optional<IntegerPicture> integer;
};

/// Fails with D3132 or D3135.
Result<std::vector<TimePart>, Fault> read_time_picture(std::string_view picture);

/// What a component of a time is; P is 0 or 1.
double component_of(char component, double ms);

extern const std::string_view kMonthNames[12];
extern const std::string_view kDayNames[8];  // from 1 on

inline constexpr std::string_view kIso8601 =
    "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

}  // namespace stepwell::expression::jsonata
