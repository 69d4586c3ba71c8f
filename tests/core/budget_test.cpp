// What one execution may take from all others: depth, bytes of a turn, bytes in all.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/world.hpp"

namespace stepwell::test {
namespace {

std::string nested_parallels(int depth) {
    std::string inner = R"({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}})";
    for (int i = 0; i < depth; ++i) {
        const std::string name = "\"B" + std::to_string(i) + "\"";
        inner = R"({"StartAt": )" + name + R"(, "States": {)" + name +
                R"(: {"Type": "Parallel", "End": true, "Branches": [)" + inner + "]}}}";
    }
    return inner;
}

/// A Map whose iterations each give `$.text` twice.
const std::string kWideMap = R"json({"StartAt": "M", "States": {"M": {"Type": "Map",
    "ItemsPath": "$.items",
    "ItemSelector": {"text.$": "States.Format('{}{}', $.text, $.text)"},
    "ItemProcessor": {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": true}}},
    "ResultSelector": {}, "End": true}}})json";

std::string map_input(int items, std::size_t bytes) {
    std::string list;
    for (int i = 0; i < items; ++i) list += list.empty() ? "0" : ",0";
    return R"({"items": [)" + list + R"(], "text": ")" + std::string(bytes, 'x') + "\"}";
}

}  // namespace

TEST_CASE("joins that grow deeper in a loop end the execution before anything recurses into them") {
    World world(
        R"({"StartAt": "A", "States": {"A": {"Type": "Parallel", "Next": "I", "Branches": [)" +
        nested_parallels(20) +
        R"(]}, "I": {"Type": "Pass", "InputPath": "$[0]", "ResultPath": "$[0]", "Next": "C"},
                "C": {"Type": "Choice", "Default": "A", "Choices": [
                    {"Variable": "$.never", "IsPresent": true, "Next": "E"}]},
                "E": {"Type": "Succeed"}}})");
    world.start();
    world.settle();
    CHECK(world.execution().status() == Status::failed);
    CHECK(world.execution().header().error == "States.DataLimitExceeded");
    CHECK(world.cause().find("nested deeper than 256") != std::string::npos);
}

TEST_CASE("a payload that is deeper than may be parsed is an assertion, not the end of the stack") {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    const Payload payload = Payload::trusted(deep);
    CHECK(payload.depth() == 100'000);
    CHECK_FALSE(payload.is_within_limits());
    const AssertionGuard guard;
    CHECK_THROWS_AS(static_cast<void>(payload.json()), AssertionFailure);
}

TEST_CASE("a turn is cut by the bytes that it makes, and goes on in the next") {
    World world(kWideMap);
    world.limits.bytes_per_turn_max = 100'000;
    world.start(map_input(40, 10'000));
    // 20 kB for each iteration: the fifth is the last of the turn.
    CHECK(world.execution().frames().size() < 10);
    world.settle();
    CHECK(world.execution().status() == Status::succeeded);
    CHECK(world.execution().held_bytes() == 0);
}

TEST_CASE("an execution that holds too much fails alone, and says why") {
    World world(kWideMap);
    world.limits.execution_bytes_max = 300'000;
    world.start(map_input(40, 10'000));
    world.settle();
    CHECK(world.execution().header().error == "States.DataLimitExceeded");
    CHECK(world.cause().find("(300000)") != std::string::npos);
    CHECK(world.execution().held_bytes() == 0);
}

TEST_CASE("a payload that many branches share counts once") {
    std::string branches;
    for (int i = 0; i < 20; ++i) {
        branches += branches.empty() ? "" : ",";
        branches += R"({"StartAt": "W)" + std::to_string(i) + R"(", "States": {"W)" +
                    std::to_string(i) + R"(": {"Type": "Wait", "Seconds": 9, "End": true}}})";
    }
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true,
        "ResultSelector": {}, "Branches": [)" +
                branches + "]}}}");
    world.start("\"" + std::string(50'000, 'x') + "\"");
    CHECK(world.execution().held_bytes() < 100'000);
}

}  // namespace stepwell::test
