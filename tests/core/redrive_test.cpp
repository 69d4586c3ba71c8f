// Redrive: what runs again and what is kept, by where the execution stood when it ended.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/base/prng.hpp"
#include "tests/core/world.hpp"

namespace stepwell::test {

namespace {

using namespace std::chrono_literals;

/// The events from the last ExecutionRedriven on, with ids.
std::string since_redrive(const World& world) {
    const std::string chain = world.chain();
    const std::size_t at = chain.rfind("ExecutionRedriven");
    REQUIRE(at != std::string::npos);
    return chain.substr(chain.rfind("; ", at) + 2);
}

std::string machine_of(const std::string& states, const std::string& more = "") {
    return R"({"StartAt": "A", )" + more + R"("States": {)" + states + "}}";
}

std::string task(const std::string& name, const std::string& more = R"("End": true)") {
    return "\"" + name + R"(": {"Type": "Task", "Resource": "stepwell:load", )" + more + "}";
}

std::string scope(const std::string& name) {
    return R"({"StartAt": ")" + name + R"(", "States": {)" + task(name) + "}}";
}

/// Ends the task in flight whose input is `input`.
void end_task(World& world, const std::string& input, const std::string& output) {
    for (const StartTask& one : world.in_flight()) {
        if (one.parameters.text() != input) continue;
        if (output.empty()) {
            world.report(TaskFailed{one.token, "Boom", std::nullopt});
        } else {
            world.succeed(one, output);
        }
        return;
    }
    FAIL("no task has the input " << input);
}

}  // namespace

TEST_CASE("a failed task runs again with its input, and the states before it do not") {
    World world(machine_of(R"("A": {"Type": "Pass", "Result": {"n": 1}, "Next": "B"},)" +
                           task("B", R"("Next": "C")") +
                           R"(, "C": {"Type": "Pass", "End": true})"));
    world.start();
    world.fail("Boom", "because");
    CHECK(world.execution().status() == Status::failed);
    REQUIRE(world.redrive());
    CHECK(world.execution().is_running());
    CHECK_FALSE(world.execution().header().stopped_at.has_value());
    CHECK_FALSE(world.execution().header().error.has_value());
    CHECK(world.only_task().parameters.text() == R"({"n":1})");
    CHECK(world.only_task().token.attempt == 2);
    world.succeed("[]");
    CHECK(since_redrive(world) ==
          "9<8 ExecutionRedriven; 10<9 TaskScheduled; 11<10 TaskStarted; 12<11 TaskSucceeded; "
          "13<12 TaskStateExited; 14<13 PassStateEntered; 15<14 PassStateExited; "
          "16<15 ExecutionSucceeded");
    CHECK(world.output() == "[]");
}

TEST_CASE("only an execution that ended otherwise than well is redriven") {
    World world(machine_of(task("A")));
    CHECK_FALSE(world.redrive());
    world.start();
    auto refused = world.redrive();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "Execution is RUNNING and cannot be redriven");
    world.succeed("1");
    refused = world.redrive();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "Execution is SUCCEEDED and cannot be redriven");
}

TEST_CASE("a stopped and a timed out execution go on where they stood, and the clock begins anew") {
    World world(machine_of(task("A"), R"("TimeoutSeconds": 10, )"));
    world.start();
    const TaskToken first = world.only_task().token;
    REQUIRE(world.tell(StopExecution{"Operator", std::nullopt}));
    CHECK(world.execution().status() == Status::aborted);
    world.advance(1h);
    REQUIRE(world.redrive());
    CHECK(world.execution().next_due() == world.now() + 10s);
    CHECK(world.only_task().token.attempt == 2);
    CHECK_FALSE(world.tell(TaskSucceeded{first, Payload()}));
    REQUIRE(world.tick());
    CHECK(world.execution().status() == Status::timed_out);
    REQUIRE(world.redrive());
    CHECK(world.execution().header().redrive->count == 2);
    CHECK(world.execution().header().redrive->at == world.now());
    world.succeed("2");
    CHECK(world.output() == "2");
}

TEST_CASE("retries are counted from zero after a redrive") {
    World world(machine_of(task("A", R"("End": true,
        "Retry": [{"ErrorEquals": ["Boom"], "MaxAttempts": 1, "IntervalSeconds": 1}])")));
    world.start();
    for (const std::uint32_t retries : {0u, 1u}) {
        CHECK(world.only_task().retry_count == retries);
        world.fail("Boom");
        world.settle();
    }
    CHECK_FALSE(world.execution().is_running());
    REQUIRE(world.redrive());
    for (const std::uint32_t retries : {0u, 1u}) {
        CHECK(world.only_task().retry_count == retries);
        world.fail("Boom");
        world.settle();
    }
    CHECK_FALSE(world.execution().is_running());
}

TEST_CASE("an execution that was stopped while it waited to retry tries again at once") {
    World world(machine_of(task("A", R"("End": true, "Retry": [{"ErrorEquals": ["Boom"]}])")));
    world.start();
    world.fail("Boom");
    REQUIRE(world.tell(StopExecution{}));
    REQUIRE(world.redrive());
    CHECK(world.only_task().retry_count == 0);
}

TEST_CASE("a Wait of seconds begins anew, one until a time that has passed is over") {
    World world(machine_of(R"("A": {"Type": "Wait", "Seconds": 60, "Next": "B"},
        "B": {"Type": "Wait", "TimestampPath": "$.until", "End": true})"));
    world.start(R"({"until": "2024-01-02T03:10:00Z"})");
    world.advance(50s);
    REQUIRE(world.tell(StopExecution{}));
    world.advance(10s);
    REQUIRE(world.redrive());
    CHECK(world.execution().next_due() == world.now() + 60s);
    REQUIRE(world.tick());
    REQUIRE(world.tell(StopExecution{}));
    world.advance(1h);
    REQUIRE(world.redrive());
    CHECK(world.execution().status() == Status::succeeded);
}

TEST_CASE("states that failed by themselves are tried again") {
    struct Case {
        std::string states;
        std::string want;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {R"("A": {"Type": "Fail", "Error": "No"})",
         "4<3 ExecutionRedriven; 5<4 ExecutionFailed"},
        {R"("A": {"Type": "Choice", "Choices": [
            {"Variable": "$.no", "NumericEquals": 1, "Next": "B"}]}, "B": {"Type": "Succeed"})",
         "4<3 ExecutionRedriven; 5<4 ExecutionFailed"},
        {R"("A": {"Type": "Pass", "InputPath": "$.no", "End": true})",
         "4<3 ExecutionRedriven; 5<4 ExecutionFailed"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.states);
        World world(machine_of(c.states));
        world.start();
        REQUIRE(world.redrive());
        CHECK(since_redrive(world) == c.want);
    }
}

TEST_CASE("of a Parallel only the branches that did not succeed run again") {
    World world(machine_of(R"("A": {"Type": "Parallel", "End": true, "Branches": [)" + scope("B") +
                           "," + scope("C") + "," + scope("D") + "]}"));
    world.start("7");
    const auto tasks = world.in_flight();
    REQUIRE(tasks.size() == 3);
    world.succeed(tasks[0], "\"b\"");
    world.report(TaskFailed{tasks[1].token, "Boom", std::nullopt});
    CHECK(world.execution().status() == Status::failed);
    REQUIRE(world.redrive());
    const auto again = world.in_flight();
    REQUIRE(again.size() == 2);
    CHECK(again[0].token.frame == tasks[1].token.frame);
    CHECK(again[1].token.frame == tasks[2].token.frame);
    world.succeed(again[1], "\"d\"");
    world.succeed(again[0], "\"c\"");
    CHECK(world.output() == R"(["b","c","d"])");
}

TEST_CASE(
    "of a Map the finished iterations are kept, the failed and aborted run again, the rest "
    "begins") {
    World world(machine_of(R"("A": {"Type": "Map", "MaxConcurrency": 2, "End": true,
        "ItemProcessor": )" +
                           scope("B") + "}"));
    world.start("[1,2,3,4,5]");
    end_task(world, "1", "10");
    end_task(world, "2", "20");
    end_task(world, "3", "");
    CHECK(world.execution().status() == Status::failed);
    REQUIRE(world.redrive());
    CHECK(world.in_flight().size() == 2);
    end_task(world, "3", "30");
    end_task(world, "5", "50");
    REQUIRE(world.tell(StopExecution{}));
    REQUIRE(world.redrive());
    CHECK(world.only_task().parameters.text() == "4");
    world.succeed("40");
    CHECK(world.output() == "[10,20,30,40,50]");
}

TEST_CASE("variables and what a nested Map was made from are kept") {
    World world(R"({"StartAt": "V", "States": {
        "V": {"Type": "Pass", "Assign": {"v": "kept"}, "Next": "A"},
        "A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "N", "States": {
          "N": {"Type": "Map", "ItemsPath": "$.in", "End": true,
                "ItemSelector": {"x.$": "$$.Map.Item.Value", "v.$": "$v"},
                "ItemProcessor": {"StartAt": "T", "States": {"T": {"Type": "Task",
                  "Resource": "stepwell:load", "End": true,
                  "Parameters": {"x.$": "$.x", "v.$": "$.v",
                                 "n.$": "$$.Execution.RedriveCount"}}}}}}}}}})");
    world.start(R"([{"in": [1]}, {"in": [2, 3]}])");
    end_task(world, R"({"x":1,"v":"kept","n":0})", "\"one\"");
    end_task(world, R"({"x":2,"v":"kept","n":0})", "\"two\"");
    end_task(world, R"({"x":3,"v":"kept","n":0})", "");
    REQUIRE(world.redrive());
    CHECK(world.only_task().parameters.text() == R"({"x":3,"v":"kept","n":1})");
    world.succeed("\"three\"");
    CHECK(world.output() == R"([["one"],["two","three"]])");
}

TEST_CASE("a Map whose result was too large runs all of its iterations again") {
    World world(
        machine_of(R"("A": {"Type": "Map", "End": true, "ItemProcessor": )" + scope("B") + "}"));
    world.start("[1,2]");
    const std::string large = "\"" + std::string(200'000, 'x') + "\"";
    end_task(world, "1", large);
    end_task(world, "2", large);
    CHECK(world.execution().header().error == "States.DataLimitExceeded");
    REQUIRE(world.redrive());
    CHECK(world.in_flight().size() == 2);
}

TEST_CASE("a Map that failed as it made an item goes on with that item") {
    const std::string head = R"json("A": {"Type": "Map", "MaxConcurrency": 1, "End": true,
        "ItemSelector": {"x.$": "States.ArrayGetItem($$.Map.Item.Value, 0)"},
        "ItemProcessor": )json";
    World world(machine_of(head + scope("B") + "}"));
    world.start("[[1],[]]");
    end_task(world, R"({"x":1})", "1");
    CHECK(world.execution().status() == Status::failed);
    REQUIRE(world.redrive());
    CHECK(world.execution().status() == Status::failed);
    CHECK(since_redrive(world).find("MapIterationStarted") == std::string::npos);
    CHECK(since_redrive(world).find("MapStateStarted") == std::string::npos);
}

TEST_CASE("a failure that was caught is past: a later redrive begins behind it") {
    World world(machine_of(R"("A": {"Type": "Parallel", "Next": "Z", "Branches": [)" + scope("B") +
                           R"(], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]},)" +
                           task("Z")));
    world.start();
    world.fail("Boom");
    world.fail("Boom");
    REQUIRE(world.redrive());
    CHECK(world.only_task().parameters.text() == R"({"Error":"Boom","Cause":""})");
}

TEST_CASE("a client's token is remembered for a quarter of an hour, the last ten of them") {
    World world(machine_of(task("A")));
    world.start();
    const auto known = [&](const std::string& token) {
        return core::redriven_by(world.execution().header(), token, world.now()).has_value();
    };
    for (int i = 0; i < 12; ++i) {
        world.fail("Boom");
        REQUIRE(world.redrive("t" + std::to_string(i)));
    }
    CHECK_FALSE(known(""));
    CHECK_FALSE(known("t1"));
    CHECK(known("t2"));
    CHECK(known("t11"));
    world.advance(15min);
    CHECK_FALSE(known("t11"));
}

TEST_CASE("a redriven Map whose first wave is cut by the turn's end goes on with it") {
    World world(machine_of(R"("A": {"Type": "Map", "MaxConcurrency": 30, "End": true,
        "ItemProcessor": )" +
                           scope("B") + "}"));
    world.limits.transitions_per_turn_max = 10;
    std::string items = "[0";
    for (int i = 1; i < 40; ++i) items += "," + std::to_string(i);
    world.start(items + "]");
    world.settle();
    for (int i = 0; i < 8; ++i) end_task(world, std::to_string(i), std::to_string(i));
    end_task(world, "9", "");
    REQUIRE(world.redrive());
    world.settle();
    CHECK(world.in_flight().size() == 30);
    while (!world.in_flight().empty()) {
        const StartTask next = world.in_flight().back();
        world.succeed(next, next.parameters.text());
        world.settle();
    }
    CHECK(world.output() == items + "]");
}

}  // namespace stepwell::test
