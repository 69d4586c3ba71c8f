// The engine under crashes: exhaustively on fixed workflows, by chance on random ones.
// STEPWELL_SIM_SEED=N repeats one seed.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "engine/runtime/clock.hpp"
#include "tests/sim/author.hpp"
#include "tests/sim/simulation.hpp"

namespace stepwell::test {
namespace {

constexpr std::uint64_t kFixedSeeds = 200;

/// The fixed ones, and one that nobody has seen before; or the one that is asked for.
std::vector<std::uint64_t> seeds() {
    if (const char* wanted = std::getenv("STEPWELL_SIM_SEED")) {
        return {std::strtoull(wanted, nullptr, 10)};
    }
    std::vector<std::uint64_t> all;
    for (std::uint64_t seed = 1; seed <= kFixedSeeds; ++seed) all.push_back(seed);
    all.push_back(runtime::system_clock().entropy() >> 16);
    return all;
}

Scenario scenario_of(std::uint64_t seed, Author::Timing timing) {
    Prng random(seed);
    Scenario scenario;
    scenario.seed = seed;
    scenario.definition = Author(random, timing).definition();
    for (std::uint64_t i = 0; i < 1 + random.below(3); ++i) scenario.inputs.push_back("[1,2,3]");
    scenario.transitions_per_turn_max = 1 + static_cast<std::uint32_t>(random.below(20));
    scenario.loaded_executions_max = random.below(2) == 0 ? 1 : 4'096;
    scenario.redrives = static_cast<int>(random.below(3));
    return scenario;
}

Faults crashes_of(std::uint64_t seed) {
    Prng random(seed ^ 0xABCDEF);
    Faults faults;
    for (std::uint64_t i = 0; i < 1 + random.below(6); ++i) {
        faults.crashes.push_back(
            {1 + random.below(6), random.below(2) == 0 ? Cut::before_durable : Cut::after_durable});
    }
    return faults;
}

const std::vector<std::string> kFixed = {
    // A pipeline with retries and a catch.
    R"({"StartAt":"A","States":{
        "A":{"Type":"Pass","Assign":{"v":1},"Next":"B"},
        "B":{"Type":"Task","Resource":"stepwell:x","Next":"C",
             "Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":2}],
             "Catch":[{"ErrorEquals":["States.ALL"],"Next":"D"}]},
        "C":{"Type":"Choice","Choices":[{"Variable":"$.ok","IsPresent":true,"Next":"E"}],
             "Default":"D"},
        "D":{"Type":"Fail","Error":"Given.Up"},
        "E":{"Type":"Wait","Seconds":3,"Next":"F"},
        "F":{"Type":"Succeed"}}})",
    // A Map with a limit, inside a Parallel.
    R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$","MaxConcurrency":2,"End":true,
            "ToleratedFailureCount":3,
            "ItemProcessor":{"StartAt":"T","States":{
                "T":{"Type":"Task","Resource":"stepwell:x","Next":"W",
                     "Retry":[{"ErrorEquals":["Boom"],"MaxAttempts":1}]},
                "W":{"Type":"Wait","Seconds":1,"End":true}}}}}},
        {"StartAt":"U","States":{"U":{"Type":"Task","Resource":"stepwell:y","Next":"X"},
                                 "X":{"Type":"Wait","Seconds":2,"End":true}}}]}}})",
};

}  // namespace

TEST_CASE("no crash, at whatever commit, changes what an execution does") {
    for (const std::string& definition : kFixed) {
        for (const std::uint64_t seed : {1ull, 2ull, 3ull}) {
            Scenario scenario;
            scenario.seed = seed;
            scenario.definition = definition;
            scenario.inputs = {"[1,2,3,4]", "[5]"};
            scenario.redrives = 1;
            Simulation calm(scenario, {});
            calm.run();
            const std::string want = calm.trace();
            for (const Cut cut : {Cut::before_durable, Cut::after_durable}) {
                for (std::uint64_t n = 1; n <= calm.commits(); ++n) {
                    CAPTURE(seed);
                    CAPTURE(n);
                    CAPTURE(static_cast<int>(cut));
                    Simulation hit(scenario, {{{n, cut}}, {}});
                    hit.run();
                    CHECK(hit.lives() == 2);
                    CHECK(hit.trace() == want);
                }
            }
        }
    }
}

TEST_CASE("random workflows end the same however often the disk fails under them") {
    for (const std::uint64_t seed : seeds()) {
        CAPTURE(seed);
        const Scenario scenario = scenario_of(seed, Author::Timing::exact);
        CAPTURE(scenario.definition);
        Simulation calm(scenario, {});
        calm.run();
        Simulation hit(scenario, crashes_of(seed));
        hit.run();
        CHECK(hit.trace() == calm.trace());
    }
}

TEST_CASE("on SQLite no power cut, at whatever sync, changes what an execution does") {
    for (const std::string& definition : kFixed) {
        Scenario scenario;
        scenario.definition = definition;
        scenario.inputs = {"[1,2]"};
        Simulation calm(scenario, {}, sqlite_disk(1, false));
        calm.run();
        const std::string want = calm.trace();
        for (const Cut cut : {Cut::before_durable, Cut::after_durable}) {
            for (std::uint64_t n = 1; n <= calm.commits(); ++n) {
                CAPTURE(n);
                CAPTURE(static_cast<int>(cut));
                Simulation hit(scenario, {{{n, cut}}, {}}, sqlite_disk(n, false));
                hit.run();
                CHECK(hit.trace() == want);
            }
        }
    }
}

TEST_CASE("on SQLite random workflows end the same through power cuts, errors, full disks, locks") {
    for (const std::uint64_t seed : seeds()) {
        CAPTURE(seed);
        const Scenario scenario = scenario_of(seed, Author::Timing::exact);
        CAPTURE(scenario.definition);
        Simulation calm(scenario, {});
        calm.run();
        Simulation hit(scenario, crashes_of(seed), sqlite_disk(seed, true));
        hit.run();
        CHECK(hit.trace() == calm.trace());
    }
}

TEST_CASE("late, repeated, wrong and reordered reports, stops and crashes: every execution ends") {
    for (const std::uint64_t seed : seeds()) {
        CAPTURE(seed);
        const Scenario scenario = scenario_of(seed, Author::Timing::any);
        CAPTURE(scenario.definition);
        Faults faults = crashes_of(seed);
        faults.noise = seed;
        Simulation simulation(scenario, faults);
        simulation.run();
    }
}

}  // namespace stepwell::test
