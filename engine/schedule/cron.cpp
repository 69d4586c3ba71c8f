// Which minutes match. A month's days are worked out at once, as a mask: months without any are
// passed over, so that even 29 February on a Monday is found quickly.
#include "engine/schedule/cron.hpp"

#include <algorithm>
#include <bit>

namespace stepwell::schedule {
namespace {

using std::chrono::day;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month;
using std::chrono::year_month_day;

unsigned length_of(year_month of) {
    const year_month_day last{of / std::chrono::last};
    return static_cast<unsigned>(last.day());
}

unsigned weekday_of(year_month of, unsigned number) {
    return weekday(local_days(of / day(number))).c_encoding();
}

/// The working day that is nearest to `number` in the same month.
unsigned nearest_weekday(year_month of, unsigned number, unsigned length) {
    switch (weekday_of(of, number)) {
        case 6:
            return number > 1 ? number - 1 : number + 2;
        case 0:
            return number < length ? number + 1 : number - 2;
        default:
            return number;
    }
}

constexpr std::uint32_t bit_of(unsigned number) {
    return std::uint32_t{1} << (number - 1);
}

}  // namespace

std::uint32_t Cron::days_by_number(year_month of) const {
    const unsigned length = length_of(of);
    auto mask = static_cast<std::uint32_t>(month_days_.to_ulong() >> 1);
    for (const MonthDay& special : special_month_days_) {
        const int number =
            special.is_from_end ? static_cast<int>(length) - special.day : special.day;
        if (number < 1 || number > static_cast<int>(length)) continue;
        const auto plain = static_cast<unsigned>(number);
        mask |= bit_of(special.is_weekday ? nearest_weekday(of, plain, length) : plain);
    }
    return mask;
}

std::uint32_t Cron::days_by_week(year_month of) const {
    const unsigned length = length_of(of);
    const unsigned first = weekday_of(of, 1);
    std::uint32_t mask = 0;
    for (unsigned number = 1; number <= length; ++number) {
        if (week_days_[(first + number - 1) % 7]) mask |= bit_of(number);
    }
    for (const WeekDay& special : special_week_days_) {
        unsigned number = 1 + (special.day + 7 - first) % 7;
        if (special.number > 0) {
            number += 7 * (special.number - 1);
        } else {
            while (number + 7 <= length) number += 7;
        }
        if (number <= length) mask |= bit_of(number);
    }
    return mask;
}

std::uint32_t Cron::days_of(year_month of) const {
    const std::uint32_t in_month = 0xFFFF'FFFFU >> (32 - length_of(of));
    const std::uint32_t by_number = days_by_number(of);
    const std::uint32_t by_week = days_by_week(of);
    return (is_either_day_ ? by_number | by_week : by_number & by_week) & in_month;
}

std::optional<minutes> Cron::next_time(minutes at) const {
    auto hour = static_cast<std::size_t>(at.count() / 60);
    auto minute = static_cast<std::size_t>(at.count() % 60);
    for (; hour < 24; ++hour, minute = 0) {
        if (!hours_[hour]) continue;
        for (; minute < 60; ++minute) {
            if (minutes_[minute]) return minutes(hour * 60 + minute);
        }
    }
    return std::nullopt;
}

bool Cron::matches(LocalSeconds minute) const {
    return next(minute) == minute;
}

std::optional<LocalSeconds> Cron::next(LocalSeconds at) const {
    at = std::max(at, LocalSeconds(local_days(year(kFirstYear) / 1 / 1)));
    const auto rounded = std::chrono::ceil<minutes>(at);
    const auto first_day = std::chrono::floor<std::chrono::days>(rounded);
    const year_month_day date(first_day);
    year_month current = date.year() / date.month();
    // The first day may be over already; from the second on, a day is taken from its beginning.
    const auto today = bit_of(static_cast<unsigned>(date.day()));
    std::uint32_t allowed = ~(today - 1);
    for (; static_cast<int>(current.year()) <= kLastYear; current += std::chrono::months(1)) {
        const auto year_index =
            static_cast<std::size_t>(static_cast<int>(current.year()) - kFirstYear);
        const bool is_wanted =
            years_[year_index] && months_[static_cast<unsigned>(current.month())];
        std::uint32_t days = is_wanted ? days_of(current) & allowed : 0;
        for (; days != 0; days &= days - 1) {
            const local_days found(current /
                                   day(static_cast<unsigned>(std::countr_zero(days)) + 1));
            const auto begin = found == first_day ? minutes(rounded - first_day) : minutes(0);
            if (const auto time = next_time(begin)) return found + *time;
        }
        allowed = ~std::uint32_t{0};
    }
    return std::nullopt;
}

}  // namespace stepwell::schedule
