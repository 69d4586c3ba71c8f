// The engine under crashes: exhaustively on fixed workflows, by chance on
// random ones. STEPWELL_SIM_SEED=N repeats one seed,
// STEPWELL_SIM_SEEDS=FROM:COUNT takes others than the fixed ones.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "engine/runtime/clock.hpp"
#include "tests/sim/author.hpp"
#include "tests/sim/coverage.hpp"
#include "tests/sim/hostile.hpp"
#include "tests/sim/simulation.hpp"
#include "tests/support/effort.hpp"

namespace stepwell::test {
namespace {

constexpr std::uint64_t kFixedSeeds = 200;
/// So many pairs of a kind of state and an event the fixed seeds see, of all
/// that there are.
constexpr std::size_t kPairsSeen = 70;

/// The fixed ones, and one that nobody has seen before; or the one that is
/// asked for.
std::vector<std::uint64_t> seeds() {
    if (const char* wanted = std::getenv("STEPWELL_SIM_SEED")) {
        return {std::strtoull(wanted, nullptr, 10)};
    }
    std::vector<std::uint64_t> all;
    if (const char* wanted = std::getenv("STEPWELL_SIM_SEEDS")) {
        char* rest = nullptr;
        const std::uint64_t from = std::strtoull(wanted, &rest, 10);
        const std::uint64_t count = *rest == ':' ? std::strtoull(rest + 1, nullptr, 10) : 1;
        for (std::uint64_t seed = from; seed < from + count; ++seed) all.push_back(seed);
        return all;
    }
    for (std::uint64_t seed = 1; seed <= tries(kFixedSeeds); ++seed) all.push_back(seed);
    all.push_back(runtime::system_clock().entropy() >> 16);
    return all;
}

Scenario scenario_of(std::uint64_t seed, Author::Timing timing) {
    Prng random(seed);
    Scenario scenario;
    scenario.seed = seed;
    const bool has_child = timing == Author::Timing::any && seed % 2 == 0;
    scenario.definition = Author(random, timing, has_child).definition();
    Prng of_child(seed ^ 0xC41D);
    if (has_child) scenario.child = Author(of_child, timing).definition();
    for (std::uint64_t i = 0; i < 1 + random.below(3); ++i) scenario.inputs.push_back("[1,2,3]");
    scenario.transitions_per_turn_max = 1 + static_cast<std::uint32_t>(random.below(20));
    scenario.loaded_executions_max = random.below(2) == 0 ? 1 : 4'096;
    scenario.redrives = static_cast<int>(random.below(3));
    return scenario;
}

/// As scenario_of(), with hostile documents and all that stands around an
/// engine in a daemon.
Scenario world_of(std::uint64_t seed) {
    Scenario scenario = scenario_of(seed, Author::Timing::any);
    Prng random(seed ^ 0x5EED);
    scenario.is_hostile = true;
    scenario.is_bursty = random.below(2) == 0;
    for (std::string& input : scenario.inputs) input = hostile_input(random).text();
    for (std::uint64_t n = random.below(4); n > 0; --n) scenario.inputs.push_back("[1,2]");
    Surroundings around;
    around.concurrency = static_cast<std::uint32_t>(random.below(3));
    around.slots = static_cast<std::uint32_t>(random.below(3));
    constexpr const char* kOverlaps[] = {"", "allow", "skip", "queue", "cancel_running"};
    constexpr const char* kCatchups[] = {"none", "last", "all"};
    around.overlap = kOverlaps[random.below(5)];
    around.catchup = kCatchups[random.below(3)];
    if (random.below(2) == 0) around.runs_kept = random.below(4);
    scenario.surroundings = around;
    return scenario;
}

/// Whether the fixed seeds are tried, and all of them.
bool tries_all() {
    return !is_quick() && std::getenv("STEPWELL_SIM_SEED") == nullptr &&
           std::getenv("STEPWELL_SIM_SEEDS") == nullptr;
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
    // Executions that it starts: waits for, leaves alone, and gives up.
    R"({"StartAt":"A","States":{
        "A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Next":"B",
             "Parameters":{"StateMachineArn":
                 "arn:aws:states:us-east-1:123456789012:stateMachine:c","Input.$":"$"},
             "Retry":[{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":1}],
             "Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"}]},
        "B":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution","Next":"C",
             "Parameters":{"StateMachineArn":
                 "arn:aws:states:us-east-1:123456789012:stateMachine:c"}},
        "C":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Next":"D",
             "Parameters":{"StateMachineArn":
                 "arn:aws:states:us-east-1:123456789012:stateMachine:c"},
             "TimeoutSeconds":1,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"D"}]},
        "D":{"Type":"Pass","End":true}}})",
    // A Map Run, one item of which fails; and a task that may fail after it.
    R"({"StartAt":"M","States":{
        "M":{"Type":"Map","Label":"each","MaxConcurrency":2,"ToleratedFailureCount":1,"Next":"N",
             "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
                "StartAt":"C","States":{
                    "C":{"Type":"Choice","Default":"W",
                         "Choices":[{"Variable":"$","NumericEquals":3,"Next":"F"}]},
                    "F":{"Type":"Fail","Error":"Boom"},
                    "W":{"Type":"Wait","Seconds":1,"End":true}}}},
        "N":{"Type":"Task","Resource":"stepwell:x","End":true}}})",
};

/// What they start.
const std::string kChild = R"({"StartAt":"T","States":{
    "T":{"Type":"Task","Resource":"stepwell:x","Next":"V"},
    "V":{"Type":"Wait","Seconds":1,"End":true}}})";

}  // namespace

TEST_CASE("no crash, at whatever commit, changes what an execution does") {
    for (const std::string& definition : kFixed) {
        for (std::uint64_t seed = 1; seed <= (is_quick() ? 1u : 3u); ++seed) {
            Scenario scenario;
            scenario.seed = seed;
            scenario.definition = definition;
            scenario.child = kChild;
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

TEST_CASE(
    "on SQLite no power cut, at whatever sync, changes what an execution "
    "does") {
    for (const std::string& definition : kFixed) {
        Scenario scenario;
        scenario.definition = definition;
        scenario.child = kChild;
        scenario.inputs = {"[1,2]"};
        scenario.redrives = 1;
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

TEST_CASE(
    "on SQLite random workflows end the same through power cuts, errors, "
    "full disks, locks") {
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

TEST_CASE(
    "late, repeated, wrong and reordered reports, stops and crashes: "
    "every execution ends") {
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

TEST_CASE(
    "in a whole daemon, with places, slots, fires, bursts, a clock that "
    "is set and retention") {
    const std::vector<std::uint64_t> all = seeds();
    for (const std::uint64_t seed : all) {
        CAPTURE(seed);
        const Scenario scenario = world_of(seed);
        CAPTURE(scenario.definition);
        Faults faults = crashes_of(seed);
        faults.noise = seed;
        Simulation simulation(scenario, faults);
        simulation.run();
    }
    const Coverage& coverage = Coverage::all();
    MESSAGE("pairs of state and event seen: " << coverage.pairs().size() << "\n"
                                              << coverage.text());
    if (tries_all()) CHECK(coverage.pairs().size() >= kPairsSeen);
}

}  // namespace stepwell::test
