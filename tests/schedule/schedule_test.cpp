// Schedules in time zones: gaps and folds of three zones, rates, moments, and what is due.
#include "engine/schedule/schedule.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/base/prng.hpp"

namespace stepwell::test {
namespace {

using namespace schedule;

Timestamp at(const std::string& text) {
    const auto instant = parse_rfc3339(text);
    REQUIRE_MESSAGE(instant, text);
    return from_ms(instant->seconds * 1000);
}

Schedule cron(const std::string& text, const std::string& zone = "UTC", std::optional<Gap> gap = {},
              std::optional<Fold> fold = {}) {
    auto made = Schedule::make({ScheduleText::Kind::cron, text, zone, gap, fold});
    REQUIRE_MESSAGE(made, text);
    return std::move(made).value();
}

std::string joined(const Schedule& schedule, const std::vector<Timestamp>& fires) {
    std::string out;
    for (const Timestamp fire : fires) {
        out += (out.empty() ? "" : " ") + schedule.local_time(fire);
    }
    return out;
}

struct ZoneCase {
    std::string what;
    std::string expression;
    std::string zone;
    std::optional<Gap> gap;
    std::optional<Fold> fold;
    std::string from;
    std::string until;
    std::string want;
};

}  // namespace

TEST_CASE("Changes of clocks: a time in a gap, a time that comes twice, and intervals") {
    const std::vector<ZoneCase> cases = {
        {"New York, gap: once behind it",
         "30 2 * * *",
         "America/New_York",
         {},
         {},
         "2026-03-07T12:00:00Z",
         "2026-03-10T00:00:00Z",
         "2026-03-08T03:00:00-04:00 2026-03-09T02:30:00-04:00"},
        {"New York, gap: several lost times, once",
         "*/10 2 * * *",
         "America/New_York",
         {},
         {},
         "2026-03-08T00:00:00Z",
         "2026-03-08T12:00:00Z",
         "2026-03-08T03:00:00-04:00"},
        {"New York, gap: skip",
         "30 2 * * *",
         "America/New_York",
         Gap::skip,
         {},
         "2026-03-07T12:00:00Z",
         "2026-03-10T00:00:00Z",
         "2026-03-09T02:30:00-04:00"},
        {"New York, gap: what is lost and what is there fire once",
         "0 2,3 * * *",
         "America/New_York",
         {},
         {},
         "2026-03-08T00:00:00Z",
         "2026-03-08T12:00:00Z",
         "2026-03-08T03:00:00-04:00"},
        {"New York, fold: first",
         "30 1 * * *",
         "America/New_York",
         {},
         {},
         "2026-11-01T00:00:00Z",
         "2026-11-02T12:00:00Z",
         "2026-11-01T01:30:00-04:00 2026-11-02T01:30:00-05:00"},
        {"New York, fold: last",
         "30 1 * * *",
         "America/New_York",
         {},
         Fold::last,
         "2026-11-01T00:00:00Z",
         "2026-11-02T12:00:00Z",
         "2026-11-01T01:30:00-05:00 2026-11-02T01:30:00-05:00"},
        {"New York, fold: both",
         "30 1 * * *",
         "America/New_York",
         {},
         Fold::both,
         "2026-11-01T00:00:00Z",
         "2026-11-02T00:00:00Z",
         "2026-11-01T01:30:00-04:00 2026-11-01T01:30:00-05:00"},
        {"New York, an interval goes on in a gap",
         "*/30 * * * *",
         "America/New_York",
         {},
         {},
         "2026-03-08T06:00:00Z",
         "2026-03-08T08:00:00Z",
         "2026-03-08T01:30:00-05:00 2026-03-08T03:00:00-04:00 2026-03-08T03:30:00-04:00 "
         "2026-03-08T04:00:00-04:00"},
        {"New York, an interval goes on in a fold",
         "30 * * * *",
         "America/New_York",
         {},
         {},
         "2026-11-01T04:00:00Z",
         "2026-11-01T08:00:00Z",
         "2026-11-01T00:30:00-04:00 2026-11-01T01:30:00-04:00 2026-11-01T01:30:00-05:00 "
         "2026-11-01T02:30:00-05:00"},
        {"Berlin, gap",
         "15 2 * * *",
         "Europe/Berlin",
         {},
         {},
         "2026-03-28T12:00:00Z",
         "2026-03-30T12:00:00Z",
         "2026-03-29T03:00:00+02:00 2026-03-30T02:15:00+02:00"},
        {"Berlin, gap: skip",
         "15 2 * * *",
         "Europe/Berlin",
         Gap::skip,
         {},
         "2026-03-28T12:00:00Z",
         "2026-03-30T12:00:00Z",
         "2026-03-30T02:15:00+02:00"},
        {"Berlin, fold: first",
         "15 2 * * *",
         "Europe/Berlin",
         {},
         {},
         "2026-10-24T12:00:00Z",
         "2026-10-25T12:00:00Z",
         "2026-10-25T02:15:00+02:00"},
        {"Berlin, fold: last",
         "15 2 * * *",
         "Europe/Berlin",
         {},
         Fold::last,
         "2026-10-24T12:00:00Z",
         "2026-10-25T12:00:00Z",
         "2026-10-25T02:15:00+01:00"},
        {"Berlin, fold: the end of the repeated hour is not repeated",
         "0 3 * * *",
         "Europe/Berlin",
         {},
         {},
         "2026-10-24T12:00:00Z",
         "2026-10-25T12:00:00Z",
         "2026-10-25T03:00:00+01:00"},
        {"Lord Howe, gap of half an hour",
         "15 2 * * *",
         "Australia/Lord_Howe",
         {},
         {},
         "2026-10-03T00:00:00Z",
         "2026-10-05T00:00:00Z",
         "2026-10-04T02:30:00+11:00 2026-10-05T02:15:00+11:00"},
        {"Lord Howe, fold of half an hour: first",
         "45 1 * * *",
         "Australia/Lord_Howe",
         {},
         {},
         "2026-04-04T00:00:00Z",
         "2026-04-05T12:00:00Z",
         "2026-04-05T01:45:00+11:00"},
        {"Lord Howe, fold of half an hour: both",
         "45 1 * * *",
         "Australia/Lord_Howe",
         {},
         Fold::both,
         "2026-04-04T00:00:00Z",
         "2026-04-05T12:00:00Z",
         "2026-04-05T01:45:00+11:00 2026-04-05T01:45:00+10:30"},
        {"Lord Howe, before the fold",
         "15 1 * * *",
         "Australia/Lord_Howe",
         {},
         Fold::both,
         "2026-04-04T00:00:00Z",
         "2026-04-05T12:00:00Z",
         "2026-04-05T01:15:00+11:00"},
        {"UTC has neither",
         "30 2 * * *",
         "UTC",
         {},
         Fold::last,
         "2026-03-07T12:00:00Z",
         "2026-03-09T00:00:00Z",
         "2026-03-08T02:30:00+00:00"},
    };
    for (const ZoneCase& c : cases) {
        CAPTURE(c.what);
        const Schedule schedule = cron(c.expression, c.zone, c.gap, c.fold);
        CHECK(joined(schedule, schedule.fires_between(at(c.from), at(c.until), 100)) == c.want);
    }
}

TEST_CASE("Rare changes of clocks: at midnight, of a whole day, of two hours") {
    struct Case {
        std::string zone;
        std::string expression;
        std::string from;
        std::string until;
        std::string want;
    };
    const std::vector<Case> cases = {
        {"America/Sao_Paulo", "@daily", "2018-11-03T12:00:00Z", "2018-11-05T12:00:00Z",
         "2018-11-04T01:00:00-02:00 2018-11-05T00:00:00-02:00"},
        {"Pacific/Apia", "0 6 * * *", "2011-12-29T12:00:00Z", "2011-12-31T12:00:00Z",
         "2011-12-29T06:00:00-10:00 2011-12-31T00:00:00+14:00 2011-12-31T06:00:00+14:00"},
        {"Antarctica/Troll", "30 1,2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z",
         "2026-03-29T03:00:00+02:00"},
        {"Asia/Kathmandu", "0 0 * * *", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z",
         "2026-01-02T00:00:00+05:45"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.zone);
        const Schedule schedule = cron(c.expression, c.zone);
        CHECK(joined(schedule, schedule.fires_between(at(c.from), at(c.until), 100)) == c.want);
    }
}

TEST_CASE("The ends of time are nothing special") {
    for (const std::string zone : {"UTC", "Europe/Berlin", "Australia/Lord_Howe"}) {
        CAPTURE(zone);
        for (const Fold fold : {Fold::first, Fold::both, Fold::last}) {
            const Schedule schedule = cron("0 6 1 1 *", zone, std::nullopt, fold);
            CHECK(schedule.next_fire(at("0000-01-01T00:00:00Z")));
            CHECK(schedule.next_fire(at("2100-01-01T12:00:00Z")));
            CHECK_FALSE(schedule.next_fire(at("2199-06-01T00:00:00Z")));
            CHECK_FALSE(schedule.next_fire(at("9999-12-31T23:59:59Z")));
        }
        for (const std::string moment : {"0000-01-01T00:00:00", "9999-12-31T23:59:59"}) {
            CHECK(Schedule::make({ScheduleText::Kind::at, moment, zone, {}, {}}));
        }
    }
}

TEST_CASE("A month of minutes is every minute, also over both changes of clocks") {
    const Schedule schedule = cron("* * * * *", "America/New_York");
    for (const std::string month : {"2026-03-01T00:00:00Z", "2026-11-01T00:00:00Z"}) {
        CAPTURE(month);
        const Timestamp begin = at(month);
        const auto fires =
            schedule.fires_between(begin, begin + std::chrono::hours(24 * 30), 1'000'000);
        CHECK(fires.size() == 43'200);
        CHECK(fires.back() - fires.front() == std::chrono::minutes(43'199));
    }
}

TEST_CASE("Fires rise without end and are the same one by one as in a row") {
    Prng random(3);
    const std::vector<std::string> zones = {"America/New_York", "Europe/Berlin",
                                            "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"};
    for (int round = 0; round < 60; ++round) {
        const std::string text =
            std::to_string(random.next() % 60) + " " + std::to_string(random.next() % 5) + " * * *";
        const auto gap = random.next() % 2 == 0 ? Gap::next : Gap::skip;
        const auto fold = static_cast<Fold>(random.next() % 3);
        const Schedule schedule = cron(text, zones[random.next() % zones.size()], gap, fold);
        CAPTURE(text);
        const Timestamp begin = at("2026-01-01T00:00:00Z");
        const auto row = schedule.fires_between(begin, begin + std::chrono::hours(24 * 365), 1'000);
        const std::size_t least = gap == Gap::next ? 365 : 364;
        CHECK(row.size() >= least);
        CHECK(row.size() <= 366);
        Timestamp last = begin;
        for (const Timestamp fire : row) {
            CHECK(fire > last);
            CHECK(schedule.next_fire(last) == fire);
            CHECK(schedule.next_fire(fire - Duration(1)) == fire);
            last = fire;
        }
    }
}

TEST_CASE("A rate fires at the multiples of its period") {
    const auto rate = Schedule::make({ScheduleText::Kind::rate, "rate(5 minutes)", "UTC", {}, {}});
    REQUIRE(rate);
    CHECK(joined(*rate,
                 rate->fires_between(at("2026-01-01T00:00:00Z"), at("2026-01-01T00:10:00Z"), 10)) ==
          "2026-01-01T00:05:00+00:00 2026-01-01T00:10:00+00:00");
    CHECK(*parse_rate("1 day") == std::chrono::hours(24));
    CHECK(*parse_rate("90 minutes") == std::chrono::minutes(90));
    const std::vector<std::pair<std::string, std::string>> faults = {
        {"1 minutes", "write 1 minute"}, {"5 minute", "write 5 minutes"},
        {"5 weeks", "the units are"},    {"0 minutes", "but got '0 minutes'"},
        {"five minutes", "but got"},     {"5", "but got"},
        {"-5 minutes", "but got"},       {"5minutes", "but got"}};
    for (const auto& row : faults) {
        const auto& text = row.first;
        const auto& want = row.second;
        CAPTURE(text);
        const auto period = parse_rate(text);
        REQUIRE_FALSE(period);
        CHECK(period.error().message.find(want) != std::string::npos);
    }
}

TEST_CASE("A moment fires once, in its zone or with its own offset") {
    const std::vector<std::vector<std::string>> cases = {
        {"2026-01-01T06:00:00", "America/New_York", "2026-01-01T11:00:00Z"},
        {"2026-01-01T06:00", "Europe/Berlin", "2026-01-01T05:00:00Z"},
        {"2026-01-01T06:00:00Z", "Europe/Berlin", "2026-01-01T06:00:00Z"},
        {"2026-01-01T06:00:00+03:00", "Europe/Berlin", "2026-01-01T03:00:00Z"},
        {"2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T01:00:00Z"},
        {"2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:30:00Z"},
        {"2026-07-01T12:00:00", "Europe/Berlin", "2026-07-01T10:00:00Z"},
    };
    for (const auto& c : cases) {
        CAPTURE(c[0]);
        const auto moment = Schedule::make({ScheduleText::Kind::at, c[0], c[1], {}, {}});
        REQUIRE(moment);
        const auto fire = moment->next_fire(at("2025-01-01T00:00:00Z"));
        REQUIRE(fire);
        CHECK(to_iso8601(*fire) == c[2]);
        CHECK_FALSE(moment->next_fire(*fire));
    }
    CHECK_FALSE(Schedule::make({ScheduleText::Kind::at, "tomorrow", "UTC", {}, {}}));
}

TEST_CASE("An unknown time zone is refused") {
    for (const std::string name : {"Europe/Berlim", "", "../etc/passwd", "CEST2"}) {
        CAPTURE(name);
        const auto made = Schedule::make({ScheduleText::Kind::cron, "* * * * *", name, {}, {}});
        REQUIRE_FALSE(made);
        CHECK(made.error().code == ErrorCode::not_found);
    }
}

TEST_CASE("What is due: on time it starts, missed it is made up as the policy says") {
    struct Case {
        std::string what;
        Catchup catchup;
        std::string considered;
        std::string now;
        std::string want;
        std::size_t skipped;
    };
    const std::vector<Case> cases = {
        {"nothing yet", Catchup::all, "2026-01-01T06:00:00Z", "2026-01-01T06:59:59Z", "", 0},
        {"on time", Catchup::none, "2026-01-01T06:00:00Z", "2026-01-01T07:00:00Z",
         "2026-01-01T07:00:00+00:00", 0},
        {"a minute late is on time", Catchup::none, "2026-01-01T06:00:00Z", "2026-01-01T07:01:00Z",
         "2026-01-01T07:00:00+00:00", 0},
        {"down over three, none", Catchup::none, "2026-01-01T06:00:00Z", "2026-01-01T09:30:00Z", "",
         3},
        {"down over three, last", Catchup::last, "2026-01-01T06:00:00Z", "2026-01-01T09:30:00Z",
         "2026-01-01T09:00:00+00:00", 2},
        {"down over three, all", Catchup::all, "2026-01-01T06:00:00Z", "2026-01-01T09:30:00Z",
         "2026-01-01T07:00:00+00:00 2026-01-01T08:00:00+00:00 2026-01-01T09:00:00+00:00", 0},
        {"last: what is on time stands for what was missed", Catchup::last, "2026-01-01T06:00:00Z",
         "2026-01-01T09:00:10Z", "2026-01-01T09:00:00+00:00", 2},
        {"all: the newest ones, up to the most", Catchup::all, "2026-01-01T00:00:00Z",
         "2026-01-01T10:30:00Z",
         "2026-01-01T07:00:00+00:00 2026-01-01T08:00:00+00:00 2026-01-01T09:00:00+00:00 "
         "2026-01-01T10:00:00+00:00",
         6},
        {"a clock that was set back", Catchup::all, "2026-01-01T09:00:00Z", "2026-01-01T07:00:00Z",
         "", 0},
    };
    const Schedule hourly = cron("0 * * * *");
    for (const Case& c : cases) {
        CAPTURE(c.what);
        const CatchupPolicy policy{c.catchup, 4, Duration(60'000)};
        const Due found = due(hourly, policy, at(c.considered), at(c.now));
        CHECK(joined(hourly, found.fires) == c.want);
        CHECK(found.skipped == c.skipped);
        CHECK(found.considered == std::max(at(c.now), at(c.considered)));
        CHECK(due(hourly, policy, found.considered, at(c.now)).fires.empty());
    }
}

}  // namespace stepwell::test
