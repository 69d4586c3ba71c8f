// The first line as a schedule's text, the second as its time zone: refused with a message, or it
// fires in order, and the same fires come one by one, as the first ones and as the last ones.
#include "engine/schedule/schedule.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

namespace {

using schedule::Schedule;
using schedule::ScheduleText;

constexpr std::size_t kFires = 5;
constexpr Timestamp kBegin{Duration(1'772'000'000'000)};  // early in 2026, before clocks change

std::vector<Timestamp> one_by_one(const Schedule& schedule) {
    std::vector<Timestamp> fires;
    Timestamp last = kBegin;
    while (fires.size() < kFires) {
        const auto next = schedule.next_fire(last);
        if (!next) break;
        SW_ASSERT(*next > last);
        fires.push_back(*next);
        last = *next;
    }
    return fires;
}

void check(const Schedule& schedule) {
    const std::vector<Timestamp> fires = one_by_one(schedule);
    if (fires.empty()) return;
    SW_ASSERT(schedule.fires_between(kBegin, fires.back(), kFires) == fires);
    std::size_t count = 0;
    SW_ASSERT(schedule.last_fires_between(kBegin, fires.back(), kFires, count) == fires);
    SW_ASSERT(count == fires.size());
    for (const Timestamp at : fires) SW_ASSERT(!schedule.local_time(at).empty());
    const schedule::Due due = schedule::due(schedule, {}, kBegin, fires.back());
    SW_ASSERT(due.fires.size() + due.skipped == fires.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [line, rest] = test::first_line_and_rest(test::text_of(data, size));
    using Kind = ScheduleText::Kind;
    for (const Kind kind : {Kind::cron, Kind::rate, Kind::at}) {
        ScheduleText text;
        text.kind = kind;
        text.text = std::string(line);
        if (!rest.empty()) text.timezone = std::string(test::first_line_and_rest(rest).first);
        const auto schedule = Schedule::make(text);
        SW_ASSERT(schedule || !schedule.error().message.empty());
        if (schedule) check(*schedule);
    }
    return 0;
}
