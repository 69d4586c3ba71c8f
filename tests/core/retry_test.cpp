#include "engine/core/retry.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace stepwell::test {

using core::Fault;
using definition::Retrier;

namespace {

Fault fault(const std::string& error) {
    Fault made;
    made.info.error = error;
    return made;
}

Retrier retrier(std::vector<std::string> names, std::int64_t attempts_max = 3) {
    Retrier made;
    made.error_equals = std::move(names);
    made.attempts_max = attempts_max;
    return made;
}

}  // namespace

TEST_CASE("an error name means the same error or, as a wildcard, a kind of errors") {
    struct Case {
        std::string name;
        std::string error;
        bool is_heartbeat;
        bool want;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {"Boom", "Boom", false, true},
        {"Boom", "boom", false, false},
        {"States.ALL", "Boom", false, true},
        {"States.ALL", "States.Timeout", false, true},
        {"States.ALL", "States.DataLimitExceeded", false, true},
        {"States.ALL", "States.Runtime", false, false},
        {"States.Runtime", "States.Runtime", false, false},
        {"States.TaskFailed", "Boom", false, true},
        {"States.TaskFailed", "States.Timeout", false, false},
        {"States.TaskFailed", "States.Timeout", true, false},
        {"States.Timeout", "States.Timeout", false, true},
        {"States.Timeout", "States.Timeout", true, true},
        {"States.HeartbeatTimeout", "States.Timeout", true, true},
        {"States.HeartbeatTimeout", "States.Timeout", false, false},
        {"State.ALL", "Boom", false, false},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CAPTURE(c.error);
        Fault made = fault(c.error);
        made.is_heartbeat = c.is_heartbeat;
        CHECK(core::is_named({c.name}, made) == c.want);
        made.is_final = true;
        CHECK_FALSE(core::is_named({c.name}, made));
    }
}

TEST_CASE("the first retrier that is named decides, even when it is used up") {
    const std::vector<Retrier> retriers = {retrier({"A"}, 1), retrier({"B", "A"}, 2),
                                           retrier({"States.ALL"}, 5)};
    CHECK(core::find_retrier(retriers, {}, fault("A")) == 0);
    CHECK(core::find_retrier(retriers, {}, fault("B")) == 1);
    CHECK(core::find_retrier(retriers, {}, fault("C")) == 2);
    CHECK(core::find_retrier(retriers, {1}, fault("A")) == std::nullopt);
    CHECK(core::find_retrier(retriers, {1}, fault("B")) == 1);
    CHECK(core::find_retrier(retriers, {0, 2}, fault("B")) == std::nullopt);
    CHECK(core::find_retrier({retrier({"A"}, 0)}, {}, fault("A")) == std::nullopt);
}

TEST_CASE("the delay grows by the backoff rate, and MaxDelaySeconds caps it") {
    Prng random(1);
    Retrier made = retrier({"A"}, 10);
    made.interval_seconds = 3;
    made.backoff_rate = 1.5;
    CHECK(core::delay_of(made, 0, random).count() == 3000);
    CHECK(core::delay_of(made, 1, random).count() == 4500);
    CHECK(core::delay_of(made, 2, random).count() == 6750);
    made.max_delay_seconds = 5;
    CHECK(core::delay_of(made, 1, random).count() == 4500);
    CHECK(core::delay_of(made, 2, random).count() == 5000);
    made.max_delay_seconds.reset();
    CHECK(core::delay_of(made, 100'000, random).count() == 366LL * 24 * 3600 * 1000);
}

TEST_CASE("full jitter draws from the capped delay") {
    Retrier made = retrier({"A"}, 10);
    made.interval_seconds = 100;
    made.max_delay_seconds = 10;
    made.full_jitter = true;
    Prng random(42);
    std::int64_t lowest = 10'000;
    std::int64_t highest = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::int64_t delay = core::delay_of(made, 0, random).count();
        lowest = std::min(lowest, delay);
        highest = std::max(highest, delay);
    }
    CHECK(lowest < 500);
    CHECK(highest > 9500);
    CHECK(highest <= 10'000);
}

}  // namespace stepwell::test
