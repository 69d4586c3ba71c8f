// The machine of a schedule: rules by example, and random histories of ticks, refusals, ends,
// crashes and steps of the clock against a naive account of every fire.
#include "engine/schedule/machine.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <set>
#include <string>

#include "engine/base/prng.hpp"
#include "tests/support/effort.hpp"

namespace stepwell::test {
namespace {

using namespace schedule;

constexpr Duration kMinute{60'000};

Schedule minutely() {
    auto made = Schedule::make({ScheduleText::Kind::cron, "* * * * *", "UTC", {}, {}});
    REQUIRE(made);
    return std::move(made).value();
}

/// An engine that may refuse, a disk, and a daemon that may die; all fires are accounted for here.
class World {
public:
    World(std::uint64_t seed, Overlap overlap, std::size_t fires_max)
        : prng_(seed), overlap_(overlap), fires_max_(fires_max) {
        state_.considered = begin_;
        document_ = state_.text();
    }

    void act() {
        switch (prng_.below(12)) {
            case 0:
                return crash();
            case 1:
                return step_clock(prng_.below(2) == 0);
            case 2:
                is_refusing_ = !is_refusing_;
                return;
            case 3:
            case 4:
                return end_a_run();
            case 5:
                return answer_one();
            default:
                now_ += Duration(static_cast<std::int64_t>(prng_.below(100'000)));
                return tick();
        }
    }

    /// Everything that was asked for is taken, every run ends, the clock goes on.
    void settle() {
        is_refusing_ = false;
        while (!sent_.empty() || !refused_.empty() || !open_.empty()) {
            answer_one();
            end_a_run();
        }
        now_ = std::max(now_, latest_) + kMinute * 2;
        for (int n = 0; n < 150; ++n) {
            tick();
            while (!sent_.empty() || !refused_.empty()) answer_one();
            while (!open_.empty()) end_a_run();
        }
    }

    [[nodiscard]] std::string unaccounted() const {
        const Schedule schedule = minutely();
        std::string out;
        for (Timestamp fire = *schedule.next_fire(begin_); fire <= now_; fire += kMinute) {
            bool is_missed = false;
            for (const auto& [after, until] : missed_) {
                is_missed = is_missed || (fire > after && fire <= until);
            }
            if (claims_.count(fire) == 0 && !is_missed) out += to_iso8601(fire) + " ";
        }
        return out;
    }

    std::string fault;
    std::size_t starts = 0;

private:
    struct Message {
        std::optional<Timestamp> fire;  // of a start
        std::map<Timestamp, std::string> skipped;
        std::string document;
    };

    [[nodiscard]] Rules rules() const {
        CatchupPolicy policy;
        policy.catchup = Catchup::all;
        policy.fires_max = fires_max_;
        return {schedule_, policy, overlap_};
    }

    void feed(const ScheduleEvent& event) {
        Step made = step(std::move(state_), rules(), event);
        state_ = std::move(made.next);
        Message write;
        bool is_kept = false;
        std::vector<Timestamp> asked;
        for (const ScheduleEffect& effect : made.effects) {
            if (const auto* ask = std::get_if<Ask>(&effect)) asked.push_back(ask->fire);
            if (const auto* off = std::get_if<WriteOff>(&effect)) {
                write.skipped[off->fire] = off->reason;
            }
            if (const auto* missed = std::get_if<Missed>(&effect)) {
                missed_.emplace_back(missed->after, missed->until);
            }
            if (const auto* stop = std::get_if<StopRun>(&effect)) stops_.push_back(stop->run);
            is_kept = is_kept || std::holds_alternative<Keep>(effect);
        }
        write.document = state_.text();
        if (is_kept) sent_.push_back(write);
        for (const Timestamp fire : asked) send(fire);
        if (ScheduleState::parse(state_.text()) != state_) fault += "read differently ";
    }

    void send(Timestamp fire) {
        if (!in_flight_.insert(fire).second) fault += "asked twice: " + to_iso8601(fire) + " ";
        sent_.push_back({fire, {}, with_accepted(state_, fire).text()});
    }

    void tick() {
        latest_ = std::max(latest_, now_);
        feed(Tick{now_, [&](Timestamp fire) { return claims_.count(fire) > 0; }});
    }

    /// The engine takes the oldest message, or refuses it; what was refused is sent again.
    void answer_one() {
        if (sent_.empty()) {
            if (is_refusing_ || refused_.empty()) return;
            const Timestamp fire = refused_.front();
            refused_.pop_front();
            in_flight_.erase(fire);
            return send(fire);
        }
        const Message message = sent_.front();
        sent_.pop_front();
        if (!message.fire) {
            document_ = message.document;
            for (const auto& [fire, reason] : message.skipped) claims_.emplace(fire, 0);
            return;
        }
        if (is_refusing_ && claims_.count(*message.fire) == 0) {
            return refused_.push_back(*message.fire);
        }
        const std::uint64_t run = apply(message);
        in_flight_.erase(*message.fire);
        if (run == 0) return feed(Refused{*message.fire, "refused"});
        feed(Accepted{*message.fire, ExecutionId{run}});
        if (closed_.count(run) > 0) feed(Closed{ExecutionId{run}});
    }

    std::uint64_t apply(const Message& message) {
        const auto taken = claims_.find(*message.fire);
        if (taken != claims_.end()) return taken->second;
        const bool is_alone = overlap_ == Overlap::skip || overlap_ == Overlap::queue;
        if (is_alone && !open_.empty())
            fault += "two at a time: " + to_iso8601(*message.fire) + " ";
        ++starts;
        document_ = message.document;
        open_.insert(++runs_);
        claims_[*message.fire] = runs_;
        return runs_;
    }

    void end_a_run() {
        if (open_.empty()) return;
        const std::uint64_t run = *open_.begin();
        open_.erase(open_.begin());
        closed_.insert(run);
        feed(Closed{ExecutionId{run}});
    }

    /// Some of what was sent was taken, unheard of; the rest, and what is in memory, is gone.
    void crash() {
        const std::size_t taken = prng_.below(sent_.size() + 1);
        for (std::size_t n = 0; n < taken; ++n) {
            const Message& message = sent_[n];
            if (message.fire) {
                if (!is_refusing_) apply(message);
                continue;
            }
            document_ = message.document;
            for (const auto& [fire, reason] : message.skipped) claims_.emplace(fire, 0);
        }
        sent_.clear();
        refused_.clear();
        in_flight_.clear();
        const auto read = ScheduleState::parse(document_);
        REQUIRE(read);
        state_ = *read;
        for (FiredRun& run : state_.running) {
            if (value_of(run.id) == 0) run.id = ExecutionId{claims_.at(run.fire)};
        }
        feed(Restarted{});
        for (const std::uint64_t run : closed_) feed(Closed{ExecutionId{run}});
    }

    void step_clock(bool is_back) {
        const Duration by(static_cast<std::int64_t>(prng_.below(30 * 60'000)));
        now_ += is_back ? -by : by;
        now_ = std::max(now_, begin_);
        tick();
    }

    Prng prng_;
    const Schedule schedule_ = minutely();
    const Overlap overlap_;
    const std::size_t fires_max_;
    const Timestamp begin_ = from_ms(1'767'225'630'000);
    Timestamp now_ = begin_;
    Timestamp latest_ = begin_;
    ScheduleState state_;
    std::string document_;
    std::deque<Message> sent_;
    std::deque<Timestamp> refused_;
    std::set<Timestamp> in_flight_;
    std::map<Timestamp, std::uint64_t> claims_;  // the run, or 0: written off
    std::set<std::uint64_t> open_;
    std::set<std::uint64_t> closed_;
    std::uint64_t runs_ = 0;
    std::vector<ExecutionId> stops_;
    std::vector<std::pair<Timestamp, Timestamp>> missed_;
    bool is_refusing_ = false;
};

}  // namespace

TEST_CASE("Whatever happens, each fire starts one run or is accounted for, and rules are kept") {
    std::size_t starts = 0;
    for (std::uint64_t seed = 1; seed <= tries(48); ++seed) {
        const auto overlap = static_cast<Overlap>(seed % 4);
        CAPTURE(seed);
        World world(seed, overlap, seed % 3 == 0 ? 3 : 10'000);
        for (int n = 0; n < 120; ++n) world.act();
        world.settle();
        CHECK(world.fault == "");
        CHECK(world.unaccounted() == "");
        starts += world.starts;
    }
    CHECK(starts > tries(500));
}

TEST_CASE("A clock that was a year ahead for a moment silences nothing") {
    const Schedule schedule = minutely();
    const Rules rules{schedule, {}, Overlap::allow};
    const Timestamp now = from_ms(1'767'225'630'000);
    ScheduleState state;
    state.considered = now + std::chrono::hours(24 * 365);
    const Step back = step(state, rules, Tick{now, {}});
    CHECK(back.next.considered == now);
    CHECK(std::holds_alternative<ClockSetBack>(back.effects.at(0)));
    const Step next = step(back.next, rules, Tick{now + kMinute, {}});
    CHECK(next.next.asked.size() == 1);
}

TEST_CASE("A clock that is set back a little decides nothing anew") {
    const Schedule schedule = minutely();
    const Rules rules{schedule, {}, Overlap::allow};
    ScheduleState state;
    state.considered = from_ms(1'767'225'630'000);
    const Step made = step(state, rules, Tick{state.considered - Duration(20'000), {}});
    CHECK(made.next == state);
    CHECK(made.effects.empty());
}

TEST_CASE("A pause that ended in a future that was none ends now, and is taken note of once") {
    const Schedule schedule = minutely();
    const Rules rules{schedule, {}, Overlap::allow};
    const Timestamp now = from_ms(1'767'225'630'000);
    ScheduleState state;
    state.considered = now - kMinute * 5;
    const Resumed resumed{now + std::chrono::hours(24), now};
    const Step made = step(state, rules, resumed);
    CHECK(made.next.considered == now);
    CHECK(step(made.next, rules, Resumed{resumed.at, now + kMinute}).next == made.next);
}

TEST_CASE("The document of the release before is read: what is queued, and that runs are unknown") {
    const auto state = ScheduleState::parse(
        R"({"fingerprint":"0 * * * * * UTC","considered_at":1767225630000,"queued":[1767225600000]})");
    REQUIRE(state);
    CHECK(state->is_without_runs);
    CHECK(state->queued == std::vector{from_ms(1'767'225'600'000)});
    CHECK(to_ms(state->considered) == 1'767'225'630'000);
    CHECK_FALSE(ScheduleState::parse("{}"));
    CHECK_FALSE(ScheduleState::parse("no"));
}

}  // namespace stepwell::test
