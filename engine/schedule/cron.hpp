// Cron expressions: which minutes of a wall clock they name. Time zones are schedule.hpp's affair.
//
//   "30 6 * * MON-FRI"        five fields: minute, hour, day of month, month, day of week
//   "@daily"                  and its relatives
//   "cron(0 8 ? * 6L *)"      AWS's six fields, with ? L W # and years
//
// In five fields, where both days are restricted (neither begins with *), either one is enough, as
// in every cron since 1987; AWS asks for a ? in one of the two.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/schedule/time_zone.hpp"

namespace stepwell::schedule {

inline constexpr int kFirstYear = 1970;
inline constexpr int kLastYear = 2199;

class Cron {
public:
    /// Fails with `invalid`: the message says which field, what it may be, what it is, and where.
    /// An expression that no day can match (30 February) is refused, too.
    static Result<Cron> parse(std::string_view text);

    /// The first minute at or after `at` that matches; nothing beyond the last year.
    [[nodiscard]] std::optional<LocalSeconds> next(LocalSeconds at) const;
    [[nodiscard]] bool matches(LocalSeconds minute) const;
    /// Whether no hour is left out: then it means an interval rather than a time of day.
    [[nodiscard]] bool is_every_hour() const { return hours_.all(); }

private:
    friend class CronParser;
    /// A day that depends on the month: "L-2", "15W", "LW".
    struct MonthDay {
        bool is_from_end = false;
        int day = 0;  // from the end: how many before the last
        bool is_weekday = false;
    };
    /// A day of the week that depends on the month: "6L", "3#2". Sunday is 0.
    struct WeekDay {
        unsigned day = 0;
        unsigned number = 0;  // 0: the last one
    };
    /// Bit n - 1 for day n.
    [[nodiscard]] std::uint32_t days_of(std::chrono::year_month month) const;
    [[nodiscard]] std::uint32_t days_by_number(std::chrono::year_month month) const;
    [[nodiscard]] std::uint32_t days_by_week(std::chrono::year_month month) const;
    [[nodiscard]] std::optional<std::chrono::minutes> next_time(std::chrono::minutes at) const;

    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> month_days_;
    std::bitset<13> months_;
    std::bitset<7> week_days_;
    std::bitset<kLastYear - kFirstYear + 1> years_;
    std::vector<MonthDay> special_month_days_;
    std::vector<WeekDay> special_week_days_;
    bool is_either_day_ = false;
};

}  // namespace stepwell::schedule
