// When something starts by itself: a cron expression in a time zone, a rate, or one moment; and
// which of its fires are due, with those that were missed. Pure: time comes in as an argument.
//
// What a change of clocks does to a time of day (`gap`: 2:30 does not exist, `fold`: it comes
// twice): by default a missing time fires once, at the first moment behind the gap, and a repeated
// one fires the first time. A cron that leaves no hour out is an interval: it neither makes up nor
// leaves out.
//
// Thread safety: immutable.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/schedule/cron.hpp"

namespace stepwell::schedule {

enum class Gap { next, skip };
enum class Fold { first, both, last };

struct ScheduleText {
    enum class Kind { cron, rate, at };
    Kind kind = Kind::cron;
    /// "0 6 * * *", "cron(0 6 * * ? *)", "@daily" / "5 minutes", "rate(5 minutes)" /
    /// "2026-01-01T06:00:00", in the time zone unless it has an offset.
    std::string text;
    std::string timezone = "UTC";
    std::optional<Gap> gap;
    std::optional<Fold> fold;
};

class Schedule {
public:
    /// Fails with `invalid` or `not_found` (the time zone).
    static Result<Schedule> make(const ScheduleText& text);

    /// The first fire after `after`; nothing where there is none.
    [[nodiscard]] std::optional<Timestamp> next_fire(Timestamp after) const;
    /// Those after `after` and not after `until`, in order; at most `limit`, the first ones.
    [[nodiscard]] std::vector<Timestamp> fires_between(Timestamp after, Timestamp until,
                                                       std::size_t limit) const;
    /// The same, but the last ones; `count` gets how many there are in all.
    [[nodiscard]] std::vector<Timestamp> last_fires_between(Timestamp after, Timestamp until,
                                                            std::size_t limit,
                                                            std::size_t& count) const;

    /// "2026-01-01" and "2026-01-01T06:00:00-05:00", as a clock in the schedule's zone shows it.
    [[nodiscard]] std::string local_date(Timestamp at) const;
    [[nodiscard]] std::string local_time(Timestamp at) const;

private:
    explicit Schedule(TimeZone zone) : zone_(std::move(zone)) {}
    class Walk;
    TimeZone zone_;
    std::variant<Cron, Duration, Timestamp> when_{Duration(1)};  // the period of a rate, the moment
    Gap gap_ = Gap::next;
    Fold fold_ = Fold::first;
};

/// What becomes of fires that nobody was there for.
enum class Catchup { none, last, all };

struct CatchupPolicy {
    Catchup catchup = Catchup::last;
    std::size_t fires_max = 100;  // of `all`: the newest ones
    /// A fire that is not older than this counts as on time.
    Duration grace{60'000};
};

struct Due {
    std::vector<Timestamp> fires;  // to start, in order
    std::size_t skipped = 0;       // missed, and not made up
    Timestamp considered;          // from here on, next time
};

/// Which fires after `considered` and up to `now` are to be started.
Due due(const Schedule& schedule, const CatchupPolicy& policy, Timestamp considered, Timestamp now);

/// Reads "5 minutes", "1 day", also within "rate(...)". Fails with `invalid`.
Result<Duration> parse_rate(std::string_view text);

}  // namespace stepwell::schedule
