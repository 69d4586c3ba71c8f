// Large executions: linear in time and bytes, in turns of bounded size.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/world.hpp"

namespace stepwell::test {

namespace {

const std::string kMap = R"({"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 40,
    "End": true, "ItemProcessor": {"StartAt": "I", "States": {
        "I": {"Type": "Task", "Resource": "stepwell:load", "End": true}}}}}})";

std::string numbers(int count) {
    std::string items = "[";
    for (int i = 0; i < count; ++i) items += (i == 0 ? "" : ",") + std::to_string(100'000 + i);
    return items + "]";
}

/// Runs a Map over tasks to its end; every task is its own decision. Returns the bytes stored.
std::size_t bytes_for(int count) {
    World world(kMap);
    world.check_invariants = false;
    world.start(numbers(count));
    world.settle();
    while (world.execution().is_running()) {
        for (const StartTask& task : world.in_flight()) world.succeed(task, "true");
        world.settle();
    }
    CHECK(world.execution().status() == Status::succeeded);
    CHECK(world.output().size() == static_cast<std::size_t>(count) * 5 + 1);
    return world.bytes_stored;
}

}  // namespace

TEST_CASE("a Map of many tasks stores bytes in proportion to its items") {
    const std::size_t small = bytes_for(500);
    const std::size_t large = bytes_for(5000);
    CHECK(large < small * 11);
}

TEST_CASE("a wave of iterations that is too long for a turn goes on in the next") {
    World world(R"({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}}}})");
    world.limits.transitions_per_turn_max = 7;
    world.start(numbers(40));
    CHECK(world.execution().is_running());
    CHECK(world.execution().find(kRootFrame)->phase == Phase::starting_children);
    CHECK(*world.execution().next_due() <= world.now());
    const Timestamp before = world.now();
    world.settle();
    CHECK(world.now() == before);
    CHECK(world.output() == numbers(40));
}

TEST_CASE("a long chain of states ends in turns of bounded size") {
    World world(R"json({"StartAt": "A", "States": {
        "A": {"Type": "Choice", "Default": "B",
              "Choices": [{"Variable": "$[2000]", "IsPresent": true, "Next": "Z"}]},
        "B": {"Type": "Pass", "Parameters": {"a.$": "States.Array(1)"}, "OutputPath": "$.a",
              "Next": "A"},
        "Z": {"Type": "Succeed"}}})json");
    world.check_invariants = false;
    world.limits.events_max = 25'000;
    world.start("[]");
    world.settle();
    CHECK(world.execution().status() == Status::failed);
    CHECK(world.execution().header().error == "States.Runtime");
    CHECK(world.cause() == "The execution reached the maximum number of history events (25000).");
    CHECK(world.execution().header().events <= 25'000);
    CHECK(world.execution().header().events > 24'990);
}

TEST_CASE("a wave that fills the history ends the execution there") {
    World world(R"({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}}}})");
    world.limits.events_max = 50;
    world.start(numbers(100));
    CHECK(world.execution().status() == Status::failed);
    CHECK(world.execution().header().events <= 50);
}

TEST_CASE("many timers at one moment fire in turns of bounded size") {
    World world(R"({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "I", "States": {"I": {"Type": "Wait", "Seconds": 5, "End": true}}}}}})");
    world.limits.transitions_per_turn_max = 10;
    world.start(numbers(35));
    while (world.execution().next_due() == world.now()) world.tick();
    CHECK(world.execution().is_running());
    const std::size_t before = world.events().size();
    world.tick();
    CHECK(world.events().size() - before <= 4 * 10);
    world.settle();
    CHECK(world.output() == numbers(35));
}

}  // namespace stepwell::test
