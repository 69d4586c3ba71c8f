// Cron expressions against a wall clock: what they match, and what is said of wrong ones.
#include "engine/schedule/cron.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/prng.hpp"
#include "engine/base/time.hpp"

namespace stepwell::test {
namespace {

using schedule::Cron;
using schedule::LocalSeconds;

LocalSeconds wall(const std::string& text) {
    const auto instant = parse_rfc3339(text + ":00Z");
    REQUIRE(instant);
    return LocalSeconds(std::chrono::seconds(instant->seconds));
}

std::string text_of(LocalSeconds at) {
    return to_iso8601(Timestamp(at.time_since_epoch())).substr(0, 16);
}

/// The next `count` matches after `from`, "2026-01-01T06:00 2026-...".
std::string matches_of(const std::string& expression, const std::string& from, int count) {
    const auto cron = Cron::parse(expression);
    REQUIRE_MESSAGE(cron, expression);
    std::string out;
    auto at = cron->next(wall(from));
    for (int n = 0; n < count && at; ++n) {
        out += (out.empty() ? "" : " ") + text_of(*at);
        at = cron->next(*at + std::chrono::minutes(1));
    }
    return out;
}

struct MatchCase {
    std::string expression;
    std::string from;
    int count;
    std::string want;
};

void check_all(const std::vector<MatchCase>& cases) {
    for (const MatchCase& c : cases) {
        CAPTURE(c.expression);
        CHECK(matches_of(c.expression, c.from, c.count) == c.want);
    }
}

}  // namespace

TEST_CASE("Five fields: numbers, names, lists, ranges and steps name minutes") {
    check_all({
        {"0 6 * * *", "2026-01-01T00:00", 2, "2026-01-01T06:00 2026-01-02T06:00"},
        {"0 6 * * *", "2026-01-01T06:00", 1, "2026-01-01T06:00"},
        {"0 6 * * *", "2026-01-01T06:01", 1, "2026-01-02T06:00"},
        {"*/20 * * * *", "2026-01-01T23:30", 3,
         "2026-01-01T23:40 2026-01-02T00:00 2026-01-02T00:20"},
        {"10-40/15 8 * * *", "2026-01-01T00:00", 3,
         "2026-01-01T08:10 2026-01-01T08:25 2026-01-01T08:40"},
        {"0 0 1 jan,Jul *", "2026-02-01T00:00", 2, "2026-07-01T00:00 2027-01-01T00:00"},
        {"30 6 * * MON-FRI", "2026-01-02T07:00", 2, "2026-01-05T06:30 2026-01-06T06:30"},
        {"0 0 * * 0", "2026-01-01T00:00", 2, "2026-01-04T00:00 2026-01-11T00:00"},
        {"0 0 * * 7", "2026-01-01T00:00", 2, "2026-01-04T00:00 2026-01-11T00:00"},
        {"0 0 * * FRI-SUN", "2026-01-01T00:00", 4,
         "2026-01-02T00:00 2026-01-03T00:00 2026-01-04T00:00 2026-01-09T00:00"},
        {"0 0 29 2 *", "2026-01-01T00:00", 2, "2028-02-29T00:00 2032-02-29T00:00"},
        {"0 0 31 * *", "2026-02-01T00:00", 3, "2026-03-31T00:00 2026-05-31T00:00 2026-07-31T00:00"},
        {"  5   4\t* * *  ", "2026-01-01T00:00", 1, "2026-01-01T04:05"},
    });
}

TEST_CASE("Two restricted days are either day; a day that begins with * restricts nothing") {
    check_all({
        {"0 0 13 * FRI", "2026-02-01T00:00", 4,
         "2026-02-06T00:00 2026-02-13T00:00 2026-02-20T00:00 2026-02-27T00:00"},
        {"0 0 13 * FRI", "2026-01-10T00:00", 2, "2026-01-13T00:00 2026-01-16T00:00"},
        {"0 0 */2 * MON", "2026-02-01T00:00", 3,
         "2026-02-09T00:00 2026-02-23T00:00 2026-03-09T00:00"},
    });
}

TEST_CASE("Nicknames are what they stand for") {
    check_all({
        {"@hourly", "2026-01-01T00:30", 1, "2026-01-01T01:00"},
        {"@daily", "2026-01-01T00:30", 1, "2026-01-02T00:00"},
        {"@midnight", "2026-01-01T00:30", 1, "2026-01-02T00:00"},
        {"@weekly", "2026-01-01T00:30", 1, "2026-01-04T00:00"},
        {"@monthly", "2026-01-01T00:30", 1, "2026-02-01T00:00"},
        {"@yearly", "2026-01-01T00:30", 1, "2027-01-01T00:00"},
        {"@annually", "2026-01-01T00:30", 1, "2027-01-01T00:00"},
    });
}

TEST_CASE("AWS's six fields: the examples of its documentation") {
    check_all({
        {"cron(0 10 * * ? *)", "2026-01-01T11:00", 2, "2026-01-02T10:00 2026-01-03T10:00"},
        {"cron(15 12 * * ? *)", "2026-01-01T00:00", 1, "2026-01-01T12:15"},
        {"cron(0 18 ? * MON-FRI *)", "2026-01-02T19:00", 1, "2026-01-05T18:00"},
        {"cron(0 8 1 * ? *)", "2026-01-02T00:00", 1, "2026-02-01T08:00"},
        {"cron(0/15 * * * ? *)", "2026-01-01T00:01", 2, "2026-01-01T00:15 2026-01-01T00:30"},
        {"cron(0/10 * ? * MON-FRI *)", "2026-01-02T23:51", 1, "2026-01-05T00:00"},
        {"cron(0/5 8-17 ? * MON-FRI *)", "2026-01-02T17:56", 1, "2026-01-05T08:00"},
        {"cron(0 9 ? * 2#1 *)", "2026-01-06T00:00", 2, "2026-02-02T09:00 2026-03-02T09:00"},
        {"cron(15 10 ? * 6L 2026-2027)", "2026-11-28T00:00", 2,
         "2026-12-25T10:15 2027-01-29T10:15"},
        {"cron(15 10 ? * 6L 2019-2022)", "2022-12-01T00:00", 2, "2022-12-30T10:15"},
        {"cron(0 8 * * ? *)", "2026-01-01T00:00", 1, "2026-01-01T08:00"},
    });
}

TEST_CASE("AWS's six fields: L, W, # and years") {
    check_all({
        {"cron(0 0 L * ? *)", "2028-02-01T00:00", 2, "2028-02-29T00:00 2028-03-31T00:00"},
        {"cron(0 0 L-2 * ? *)", "2026-02-01T00:00", 1, "2026-02-26T00:00"},
        {"cron(0 0 LW * ? *)", "2026-02-01T00:00", 2, "2026-02-27T00:00 2026-03-31T00:00"},
        {"cron(0 0 15W * ? *)", "2026-02-01T00:00", 2, "2026-02-16T00:00 2026-03-16T00:00"},
        {"cron(0 0 1W * ? *)", "2026-08-01T00:00", 1, "2026-08-03T00:00"},
        {"cron(0 0 31W * ? *)", "2026-05-01T00:00", 2, "2026-05-29T00:00 2026-07-31T00:00"},
        {"cron(0 0 ? * L *)", "2026-01-01T00:00", 1, "2026-01-03T00:00"},
        {"cron(0 0 ? * FRIL *)", "2026-01-01T00:00", 1, "2026-01-30T00:00"},
        {"cron(0 0 ? * 3#5 *)", "2026-01-01T00:00", 2, "2026-03-31T00:00 2026-06-30T00:00"},
        {"cron(0 0 ? * 1 *)", "2026-01-01T00:00", 1, "2026-01-04T00:00"},
        {"cron(0 0 ? * 2/2 *)", "2026-01-04T00:00", 4,
         "2026-01-05T00:00 2026-01-07T00:00 2026-01-09T00:00 2026-01-12T00:00"},
        {"cron(0 0 1 1 ? 2030/10)", "2026-01-01T00:00", 2, "2030-01-01T00:00 2040-01-01T00:00"},
    });
}

TEST_CASE("A wrong expression is told which field, what it may be, and where it stands") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"61 * * * *",
         "expected the minute to be 0 to 59, but got '61' at column 1 of '61 * * * *'"},
        {"0 6 * * MUN",
         "expected the day of week to be 0 to 7 or SUN to SAT, but got 'MUN' at column 9 of '0 6 * "
         "* MUN'"},
        {"0 6 * 13 *",
         "expected the month to be 1 to 12 or JAN to DEC, but got '13' at column 7 of '0 6 * 13 "
         "*'"},
        {"0 22-4 * * *",
         "expected the hour to be a range that rises, but got '22-4' at column 3 of '0 22-4 * * "
         "*'; write two: 22-23,0-4"},
        {"*/90 * * * *",
         "expected the minute to be stepped by 1 to 60, but got '*/90' at column 1 of '*/90 * * * "
         "*'; a longer interval is a rate: rate(90 minutes)"},
        {"*/0 * * * *",
         "expected the minute to be stepped by 1 to 60, but got '*/0' at column 1 of '*/0 * * * "
         "*'"},
        {"5/15 * * * *",
         "expected the minute to be a range before '/', but got '5/15' at column 1 of '5/15 * * * "
         "*'; write 5-59/15"},
        {"0 0 L * *",
         "expected the day of month to be 1 to 31, but got 'L' at column 5 of '0 0 L * *'; ? L W "
         "and # belong to AWS's form, cron(minute hour day month weekday year)"},
        {"1,,2 * * * *",
         "expected the minute to be 0 to 59, but got '' at column 3 of '1,,2 * * * *'"},
        {"-1 * * * *",
         "expected the minute to be 0 to 59, but got '-1' at column 1 of '-1 * * * *'"},
        {"0 0 * *",
         "expected 5 fields (minute, hour, day of month, month, day of week), but '0 0 * *' has 4"},
        {"", "expected 5 fields (minute, hour, day of month, month, day of week), but '' has 0"},
        {"0 8 * * ? *",
         "expected 5 fields (minute, hour, day of month, month, day of week), but '0 8 * * ? *' "
         "has "
         "6; AWS's form with a year is written cron(0 8 * * ? *), and seconds are not supported"},
        {"cron(0 8 * * * *)",
         "expected '?' in exactly one of day of month and day of week, but they are '*' and '*'"},
        {"cron(0 8 ? * 3#1,6#3 *)",
         "expected the day of week to be one expression where it has ? L W or #, but got '3#1' at "
         "column 14 of 'cron(0 8 ? * 3#1,6#3 *)'"},
        {"cron(0 8 ? * 3#6 *)",
         "expected the day of week to be a form such as L, 6L, FRIL, 3#2 or TUE#2, but got '3#6' "
         "at "
         "column 14 of 'cron(0 8 ? * 3#6 *)'"},
        {"cron(0 8 L-31 * ? *)",
         "expected the day of month to be a form such as L, L-3, LW or 15W, but got 'L-31' at "
         "column 10 of 'cron(0 8 L-31 * ? *)'"},
        {"cron(0 8 * * ? *", "expected 'cron(' to end with ')', but got 'cron(0 8 * * ? *'"},
        {"@reboot",
         "expected @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually, but got "
         "'@reboot'"},
        {"0 0 30 2 *", "expected a time that comes, but no day of any year matches '0 0 30 2 *'"},
        {"0 0 31 4,6,9,11 *",
         "expected a time that comes, but no day of any year matches '0 0 31 4,6,9,11 *'"},
        {"cron(0 0 29 2 ? 2027)",
         "expected a time that comes, but no day of any year matches 'cron(0 0 29 2 ? 2027)'"},
    };
    for (const auto& row : cases) {
        const auto& expression = row.first;
        const auto& want = row.second;
        CAPTURE(expression);
        const auto cron = Cron::parse(expression);
        CHECK((cron ? "" : cron.error().message) == want);
    }
}

TEST_CASE("Whatever is written, matches rise, fit their fields, and none is passed over") {
    Prng random(7);
    const auto number = [&](int from, int to) {
        return from + static_cast<int>(random.next() % static_cast<unsigned>(to - from + 1));
    };
    for (int round = 0; round < 300; ++round) {
        const int minute = number(0, 59);
        const int hour = number(0, 23);
        const int first_day = number(1, 28);
        const int last_day = number(first_day, 31);
        const int step = number(1, 5);
        const std::string expression = std::to_string(minute) + " " + std::to_string(hour) + " " +
                                       std::to_string(first_day) + "-" + std::to_string(last_day) +
                                       "/" + std::to_string(step) + " * *";
        CAPTURE(expression);
        const auto cron = Cron::parse(expression);
        REQUIRE(cron);
        const LocalSeconds begin = wall("2026-01-01T00:00") + std::chrono::hours(number(0, 9000));
        std::vector<LocalSeconds> expected;
        for (int n = 0; n < 120; ++n) {
            const auto day = std::chrono::floor<std::chrono::days>(begin) + std::chrono::days(n);
            const std::chrono::year_month_day date(day);
            const int number_of_day = static_cast<int>(static_cast<unsigned>(date.day()));
            const bool is_named = number_of_day >= first_day && number_of_day <= last_day &&
                                  (number_of_day - first_day) % step == 0;
            const LocalSeconds at = day + std::chrono::hours(hour) + std::chrono::minutes(minute);
            if (is_named && at >= begin) expected.push_back(at);
        }
        LocalSeconds from = begin;
        for (const LocalSeconds want : expected) {
            const auto found = cron->next(from);
            REQUIRE(found);
            CHECK(text_of(*found) == text_of(want));
            CHECK(cron->matches(*found));
            from = *found + std::chrono::minutes(1);
        }
    }
}

TEST_CASE("Any text is an expression or a fault, and an expression has a next time") {
    Prng random(11);
    const std::string letters = "0123456789*/-,?LW# MONFRISUNJANDEC@cron()";
    int good = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = round % 2 == 0 ? "" : "0 0 ";
        const std::size_t length = random.next() % 14;
        for (std::size_t n = 0; n < length; ++n) text += letters[random.next() % letters.size()];
        if (round % 3 == 0) text += " * *";
        const auto cron = Cron::parse(text);
        if (!cron) {
            CHECK_FALSE(cron.error().message.empty());
            continue;
        }
        ++good;
        CAPTURE(text);
        const auto first = cron->next(LocalSeconds{});
        REQUIRE(first);
        CHECK(cron->matches(*first));
    }
    CHECK(good > 20);
}

}  // namespace stepwell::test
