// Fires are found period by period: within a stretch of one offset, wall clock and time run in
// step, so gaps and folds are only looked at where two stretches meet.
#include "engine/schedule/schedule.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <deque>

namespace stepwell::schedule {
namespace {

using std::chrono::seconds;

// Beyond these a zone's first and last periods have no neighbours.
constexpr auto kFarPast = std::chrono::year(1800) / 1 / 1;
constexpr auto kFarFuture = std::chrono::year(kLastYear) / 12 / 31;

std::string_view within(std::string_view text, std::string_view open) {
    const bool is_wrapped =
        text.size() > open.size() && text.substr(0, open.size()) == open && text.back() == ')';
    return is_wrapped ? text.substr(open.size(), text.size() - open.size() - 1) : text;
}

struct Unit {
    std::string_view name;
    Duration length;
};
constexpr std::array kUnits = {Unit{"minute", std::chrono::minutes(1)},
                               Unit{"hour", std::chrono::hours(1)},
                               Unit{"day", std::chrono::hours(24)}};

Failure<Error> rate_fault(std::string_view text, const std::string& hint) {
    return fail(ErrorCode::invalid,
                "expected a rate such as '5 minutes', '1 hour' or 'rate(2 days)', but got '" +
                    std::string(text) + "'" + (hint.empty() ? "" : "; " + hint));
}

/// A wall clock's moment without zone: "2026-01-01T06:00" with or without seconds.
std::optional<LocalSeconds> parse_local(const std::string& text) {
    const std::string whole = text.size() == 16 ? text + ":00Z" : text + "Z";
    const auto instant = parse_rfc3339(whole);
    if (!instant || instant->nanos != 0) return std::nullopt;
    return LocalSeconds(seconds(instant->seconds));
}

Result<Timestamp> parse_moment(const std::string& text, const TimeZone& zone) {
    if (const auto instant = parse_rfc3339(text)) return from_ms(instant->seconds * 1000);
    const auto local = parse_local(text);
    if (!local) {
        return fail(ErrorCode::invalid,
                    "expected a moment such as 2026-01-01T06:00:00 (in the schedule's time zone) "
                    "or 2026-01-01T06:00:00Z, but got '" +
                        text + "'");
    }
    // The offset before the moment: of two, the first; in a gap, the moment lies behind it.
    const Seconds guess(local->time_since_epoch());
    const auto before = zone.period_at(guess - std::chrono::hours(26));
    Seconds at = before.absolute(*local);
    const auto there = zone.period_at(at);
    if (there.begin > before.begin) at = std::max(there.absolute(*local), there.begin);
    return Timestamp(at);
}

}  // namespace

Result<Duration> parse_rate(std::string_view text) {
    const std::string_view body = within(text, "rate(");
    std::int64_t count = 0;
    const char* end = body.data() + body.size();
    const auto [rest, error] = std::from_chars(body.data(), end, count);
    if (error != std::errc{} || count < 1 || count > 1'000'000 || rest == end || *rest != ' ') {
        return rate_fault(text, "");
    }
    const std::string_view name(rest + 1, static_cast<std::size_t>(end - rest - 1));
    for (const Unit& unit : kUnits) {
        const std::string plural = std::string(unit.name) + "s";
        const std::string_view right = count == 1 ? unit.name : std::string_view(plural);
        if (name == right) return unit.length * count;
        if (name == unit.name || name == plural) {
            return rate_fault(text, "write " + std::to_string(count) + " " + std::string(right));
        }
    }
    return rate_fault(text, "the units are minutes, hours and days");
}

/// Goes from fire to fire of a cron expression.
class Schedule::Walk {
public:
    Walk(const Schedule& schedule, const Cron& cron, Timestamp after)
        : schedule_(schedule),
          cron_(cron),
          from_(std::chrono::floor<seconds>(after) + seconds(1)),
          here_(schedule.zone_.period_at(from_)) {
        is_at_begin_ = from_ <= here_.begin;
    }

    std::optional<Timestamp> next() {
        while (true) {
            if (is_at_begin_) {
                is_at_begin_ = false;
                if (fires_behind_gap()) return Timestamp(here_.begin);
            }
            while (const auto local = cron_.next(here_.local(from_))) {
                const Seconds at = here_.absolute(*local);
                if (at >= here_.end) break;
                from_ = at + seconds(1);
                if (is_wanted(*local)) return Timestamp(at);
            }
            if (here_.end > Seconds(std::chrono::sys_days(kFarFuture))) return std::nullopt;
            from_ = here_.end;
            here_ = schedule_.zone_.period_at(from_);
            is_at_begin_ = true;
        }
    }

private:
    /// Whether a time fell into the gap before this period, and the first moment makes up for it.
    bool fires_behind_gap() {
        const Seconds begin = here_.begin;
        if (begin < Seconds(std::chrono::sys_days(kFarPast))) return false;
        from_ = begin;
        const auto before = schedule_.zone_.period_at(begin - seconds(1));
        const LocalSeconds missing = before.local(begin);
        const LocalSeconds first = here_.local(begin);
        if (missing >= first || schedule_.gap_ == Gap::skip) return false;
        const auto lost = cron_.next(missing);
        if (!lost || *lost >= first) return false;
        from_ = begin + seconds(1);
        return true;
    }

    [[nodiscard]] bool is_wanted(LocalSeconds local) const {
        const bool is_first = here_.begin < Seconds(std::chrono::sys_days(kFarPast));
        const bool is_last = here_.end > Seconds(std::chrono::sys_days(kFarFuture));
        if (schedule_.fold_ == Fold::both) return true;
        if (schedule_.fold_ == Fold::first) {
            if (is_first) return true;
            const auto before = schedule_.zone_.period_at(here_.begin - seconds(1));
            return before.absolute(local) >= before.end;
        }
        if (is_last) return true;
        const auto behind = schedule_.zone_.period_at(here_.end);
        return behind.absolute(local) < behind.begin;
    }

    const Schedule& schedule_;
    const Cron& cron_;
    Seconds from_;
    TimeZone::Period here_;
    bool is_at_begin_ = false;
};

Result<Schedule> Schedule::make(const ScheduleText& text) {
    Schedule made(SW_TRY(TimeZone::find(text.timezone)));
    switch (text.kind) {
        case ScheduleText::Kind::cron: {
            Cron cron = SW_TRY(Cron::parse(text.text));
            const bool is_interval = cron.is_every_hour();
            made.gap_ = text.gap.value_or(is_interval ? Gap::skip : Gap::next);
            made.fold_ = text.fold.value_or(is_interval ? Fold::both : Fold::first);
            made.when_ = std::move(cron);
            break;
        }
        case ScheduleText::Kind::rate:
            made.when_ = SW_TRY(parse_rate(text.text));
            break;
        case ScheduleText::Kind::at:
            made.when_ = SW_TRY(parse_moment(text.text, made.zone_));
            break;
    }
    return made;
}

std::optional<Timestamp> Schedule::next_fire(Timestamp after) const {
    if (const auto* cron = std::get_if<Cron>(&when_)) return Walk(*this, *cron, after).next();
    if (const auto* period = std::get_if<Duration>(&when_)) {
        const auto count = std::chrono::floor<Duration>(after).time_since_epoch() / *period;
        return Timestamp(*period * (count + 1));
    }
    const Timestamp moment = std::get<Timestamp>(when_);
    return moment > after ? std::optional(moment) : std::nullopt;
}

std::vector<Timestamp> Schedule::fires_between(Timestamp after, Timestamp until,
                                               std::size_t limit) const {
    std::vector<Timestamp> fires;
    const auto* cron = std::get_if<Cron>(&when_);
    std::optional<Walk> walk;
    if (cron) walk.emplace(*this, *cron, after);
    while (fires.size() < limit) {
        const auto fire = walk ? walk->next() : next_fire(fires.empty() ? after : fires.back());
        if (!fire || *fire > until) break;
        fires.push_back(*fire);
    }
    return fires;
}

std::vector<Timestamp> Schedule::last_fires_between(Timestamp after, Timestamp until,
                                                    std::size_t limit, std::size_t& count) const {
    constexpr std::size_t kPiece = 4'096;
    std::deque<Timestamp> last;
    count = 0;
    while (true) {
        const auto piece = fires_between(after, until, kPiece);
        count += piece.size();
        last.insert(last.end(), piece.begin(), piece.end());
        while (last.size() > limit) last.pop_front();
        if (piece.size() < kPiece) break;
        after = piece.back();
    }
    return {last.begin(), last.end()};
}

std::string Schedule::local_date(Timestamp at) const {
    return local_time(at).substr(0, 10);
}

std::string Schedule::local_time(Timestamp at) const {
    const auto whole = std::chrono::floor<seconds>(at);
    const auto period = zone_.period_at(whole);
    const auto wall = Timestamp(Seconds(period.local(whole).time_since_epoch()));
    std::string text = to_iso8601(wall);
    text.pop_back();
    const auto minutes = std::abs(static_cast<int>(period.offset.count() / 60));
    std::array<char, 16> offset{};
    std::snprintf(offset.data(), offset.size(), "%c%02d:%02d",
                  period.offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return text + offset.data();
}

Due due(const Schedule& schedule, const CatchupPolicy& policy, Timestamp considered,
        Timestamp now) {
    if (now <= considered) return {{}, 0, considered};
    const Timestamp on_time = std::max(considered, now - policy.grace - Duration(1));
    Due out;
    out.considered = now;
    std::size_t missed = 0;
    const std::size_t wanted = policy.catchup == Catchup::all ? policy.fires_max : 1;
    auto late = schedule.last_fires_between(considered, on_time, wanted, missed);
    auto prompt = schedule.fires_between(on_time, now, policy.fires_max);
    const bool makes_up =
        policy.catchup == Catchup::all || (policy.catchup == Catchup::last && prompt.empty());
    if (!makes_up) late.clear();
    out.skipped = missed - late.size();
    out.fires = std::move(late);
    out.fires.insert(out.fires.end(), prompt.begin(), prompt.end());
    return out;
}

}  // namespace stepwell::schedule
