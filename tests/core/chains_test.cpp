// Recorded event chains (asl.md, appendix A): ids and previousEventIds.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/world.hpp"

namespace stepwell::test {

namespace {

/// "3<2 TaskScheduled; ..." without the first event, which is always the same.
std::string rest_of(const World& world) {
    const std::string chain = world.chain();
    const std::string first = "1<0 ExecutionStarted; ";
    REQUIRE(chain.starts_with(first));
    return chain.substr(first.size());
}

const std::string kInvoke = R"("Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f"})";

}  // namespace

TEST_CASE("a caught task failure ignores the state's OutputPath") {
    World world(R"({"StartAt": "A", "States": {
        "A": {)" +
                kInvoke + R"(, "OutputPath": "$.no.such.path", "Next": "B",
              "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
        "B": {"Type": "Pass", "End": true}}})");
    world.start(R"({"in": 1})");
    world.fail("Boom", "because");
    CHECK(rest_of(world) ==
          "2<0 TaskStateEntered; 3<2 TaskScheduled; 4<3 TaskStarted; 5<4 TaskFailed; "
          "6<5 TaskStateExited; 7<6 PassStateEntered; 8<7 PassStateExited; 9<8 ExecutionSucceeded");
    CHECK(world.output() == R"({"Error":"Boom","Cause":"because"})");
}

TEST_CASE("retries chain each Scheduled to the failure before it, then the catcher leaves") {
    World world(R"({"StartAt": "A", "States": {
        "A": {)" +
                kInvoke + R"(, "Next": "B",
              "Retry": [{"ErrorEquals": ["Boom"], "IntervalSeconds": 1, "MaxAttempts": 3}],
              "Catch": [{"ErrorEquals": ["Boom"], "Next": "B", "ResultPath": "$.error"}]},
        "B": {"Type": "Pass", "End": true}}})");
    world.start(R"({"in": 1})");
    for (int i = 0; i < 4; ++i) {
        world.fail("Boom");
        if (i < 3) world.tick();
    }
    CHECK(rest_of(world) ==
          "2<0 TaskStateEntered; 3<2 TaskScheduled; 4<3 TaskStarted; 5<4 TaskFailed; "
          "6<5 TaskScheduled; 7<6 TaskStarted; 8<7 TaskFailed; 9<8 TaskScheduled; "
          "10<9 TaskStarted; 11<10 TaskFailed; 12<11 TaskScheduled; 13<12 TaskStarted; "
          "14<13 TaskFailed; 15<14 TaskStateExited; 16<15 PassStateEntered; "
          "17<16 PassStateExited; 18<17 ExecutionSucceeded");
    CHECK(world.output() == R"({"in":1,"error":{"Error":"Boom","Cause":""}})");
    CHECK(world.now() - world.execution().facts().started_at == std::chrono::seconds(1 + 2 + 4));
}

TEST_CASE("MaxAttempts 0 never retries") {
    World world(R"({"StartAt": "A", "States": {"A": {)" + kInvoke + R"(, "End": true,
        "Retry": [{"ErrorEquals": ["Boom"], "MaxAttempts": 0}]}}})");
    world.start();
    world.fail("Boom");
    CHECK(rest_of(world) ==
          "2<0 TaskStateEntered; 3<2 TaskScheduled; 4<3 TaskStarted; 5<4 TaskFailed; "
          "6<5 ExecutionFailed");
}

TEST_CASE("a Fail in a branch fails the Parallel with the branch's own error") {
    struct Case {
        std::string more;
        std::string want;
    };
    const std::string branch =
        R"("Branches": [{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Boom"}}}])";
    const std::vector<Case> cases = {
        {"",
         "2<0 ParallelStateEntered; 3<2 ParallelStateStarted; 4<3 FailStateEntered; "
         "5<4 ParallelStateFailed; 6<5 ExecutionFailed"},
        {R"(, "Catch": [{"ErrorEquals": ["Boom"], "Next": "B"}])",
         "2<0 ParallelStateEntered; 3<2 ParallelStateStarted; 4<3 FailStateEntered; "
         "5<4 ParallelStateFailed; 6<5 ParallelStateExited; 7<6 PassStateEntered; "
         "8<7 PassStateExited; 9<8 ExecutionSucceeded"},
        {R"(, "Retry": [{"ErrorEquals": ["Boom"], "MaxAttempts": 2}])",
         "2<0 ParallelStateEntered; 3<2 ParallelStateStarted; 4<3 FailStateEntered; "
         "5<4 ParallelStateStarted; 6<5 FailStateEntered; 7<6 ParallelStateStarted; "
         "8<7 FailStateEntered; 9<8 ParallelStateFailed; 10<9 ExecutionFailed"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.more);
        World world(R"({"StartAt": "P", "States": {"P": {"Type": "Parallel", )" + branch + c.more +
                    R"(, "Next": "B"}, "B": {"Type": "Pass", "End": true}}})");
        world.start();
        world.settle();
        CHECK(rest_of(world) == c.want);
    }
}

TEST_CASE("Succeeded of a Parallel does not become a predecessor") {
    World world(R"({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true,
        "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Pass", "End": true}}}]}}})");
    world.start();
    CHECK(rest_of(world) ==
          "2<0 ParallelStateEntered; 3<2 ParallelStateStarted; 4<3 PassStateEntered; "
          "5<4 PassStateExited; 6<5 ParallelStateSucceeded; 7<5 ParallelStateExited; "
          "8<7 ExecutionSucceeded");
}

TEST_CASE("an iteration follows the last inner event of the one that let it begin") {
    World world(R"({"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1,
        "End": true, "ItemProcessor": {"StartAt": "C", "States": {
            "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}],
                  "Default": "X"},
            "X": {"Type": "Pass", "End": true}, "F": {"Type": "Fail"}}}}}})");
    world.start("[1, 2, 3]");
    CHECK(rest_of(world) ==
          "2<0 MapStateEntered; 3<2 MapStateStarted; 4<3 MapIterationStarted; "
          "5<4 ChoiceStateEntered; 6<5 ChoiceStateExited; 7<6 PassStateEntered; "
          "8<7 PassStateExited; 9<8 MapIterationSucceeded; 10<8 MapIterationStarted; "
          "11<10 ChoiceStateEntered; 12<11 ChoiceStateExited; 13<12 FailStateEntered; "
          "14<13 MapIterationFailed; 15<13 MapStateFailed; 16<15 ExecutionFailed");
}

TEST_CASE("a Map that is retried begins again without another StateEntered") {
    World world(R"({"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1,
        "End": true, "Retry": [{"ErrorEquals": ["Boom"], "MaxAttempts": 2}],
        "ItemProcessor": {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Boom"}}}}}})");
    world.start("[1]");
    world.settle();
    CHECK(rest_of(world) ==
          "2<0 MapStateEntered; 3<2 MapStateStarted; 4<3 MapIterationStarted; "
          "5<4 FailStateEntered; 6<5 MapIterationFailed; 7<5 MapStateStarted; "
          "8<7 MapIterationStarted; 9<8 FailStateEntered; 10<9 MapIterationFailed; "
          "11<9 MapStateStarted; 12<11 MapIterationStarted; 13<12 FailStateEntered; "
          "14<13 MapIterationFailed; 15<13 MapStateFailed; 16<15 ExecutionFailed");
}

TEST_CASE("timeouts at one moment are all in the history before the first one fails the Map") {
    World world(R"({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true,
        "ItemProcessor": {"StartAt": "T", "States": {
            "T": {)" +
                kInvoke + R"(, "TimeoutSeconds": 5, "End": true}}}}}})");
    world.start("[1, 2, 3]");
    world.tick();
    CHECK(rest_of(world) ==
          "2<0 MapStateEntered; 3<2 MapStateStarted; 4<3 MapIterationStarted; "
          "5<3 MapIterationStarted; 6<3 MapIterationStarted; 7<4 TaskStateEntered; "
          "8<7 TaskScheduled; 9<8 TaskStarted; 10<5 TaskStateEntered; 11<10 TaskScheduled; "
          "12<11 TaskStarted; 13<6 TaskStateEntered; 14<13 TaskScheduled; 15<14 TaskStarted; "
          "16<9 TaskTimedOut; 17<12 TaskTimedOut; 18<15 TaskTimedOut; 19<16 MapIterationFailed; "
          "20<16 TaskStateAborted; 21<16 MapIterationAborted; 22<16 TaskStateAborted; "
          "23<16 MapIterationAborted; 24<16 TaskStateAborted; 25<16 MapStateFailed; "
          "26<25 ExecutionFailed");
    CHECK(world.in_flight().empty());
}

TEST_CASE("an activity waits for a worker, and ends as its token is told") {
    const std::string machine = R"({"StartAt": "A", "States": {"A": {"Type": "Task",
        "Resource": "arn:aws:states:us-east-1:123456789012:activity:act", "TimeoutSeconds": 60,
        "HeartbeatSeconds": 10, "Parameters": {"n.$": "$.n"}, "End": true}}})";
    struct Case {
        std::string how;
        std::string want;
    };
    const std::vector<Case> cases = {
        {"succeed", "5<4 ActivitySucceeded; 6<5 TaskStateExited; 7<6 ExecutionSucceeded"},
        {"fail", "5<4 ActivityFailed; 6<5 ExecutionFailed"},
        {"time", "5<4 ActivityTimedOut; 6<5 ExecutionFailed"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.how);
        World world(machine);
        world.start(R"({"n":1})");
        CHECK(rest_of(world) == "2<0 TaskStateEntered; 3<2 ActivityScheduled");
        const TaskToken token = world.only_task().token;
        CHECK_FALSE(world.only_task().is_picked_up);
        REQUIRE(world.tell(TaskPickedUp{token, "w1"}));
        if (c.how == "succeed") world.succeed("1");
        if (c.how == "fail") world.fail("Boom");
        if (c.how == "time") world.tick();
        CHECK(rest_of(world) ==
              "2<0 TaskStateEntered; 3<2 ActivityScheduled; 4<3 ActivityStarted; " + c.want);
    }
}

TEST_CASE("the history of an activity says what Step Functions says") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:us-east-1:123456789012:activity:act", "TimeoutSeconds": 60,
        "HeartbeatSeconds": 10}}})");
    world.start(R"({"n":1})");
    REQUIRE(world.tell(TaskPickedUp{world.only_task().token, "w1"}));
    world.succeed("7");
    const Json history = core::to_history(world.events(), true);
    CHECK(history[2]["activityScheduledEventDetails"] ==
          Json{{"resource", "arn:aws:states:us-east-1:123456789012:activity:act"},
               {"input", R"({"n":1})"},
               {"inputDetails", {{"truncated", false}}},
               {"timeoutInSeconds", 60},
               {"heartbeatInSeconds", 10}});
    CHECK(history[3]["activityStartedEventDetails"] == Json{{"workerName", "w1"}});
    CHECK(history[4]["activitySucceededEventDetails"] ==
          Json{{"output", "7"}, {"outputDetails", {{"truncated", false}}}});
}

TEST_CASE("a callback is submitted, then ends as its token is told") {
    const std::string machine = R"({"StartAt": "A", "States": {"A": {"Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 60,
        "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
        "End": true}}})";
    struct Case {
        std::string how;
        std::string want;
    };
    const std::vector<Case> cases = {
        {"succeed", "6<5 TaskSucceeded; 7<6 TaskStateExited; 8<7 ExecutionSucceeded"},
        {"fail", "6<5 TaskFailed; 7<6 ExecutionFailed"},
        {"time", "6<5 TaskTimedOut; 7<6 ExecutionFailed"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.how);
        World world(machine);
        world.start();
        const StartTask task = world.only_task();
        CHECK(task.parameters.json()["Payload"]["token"] ==
              core::to_task_token_text(task.token, world.secret));
        const auto submitted = world.tell(TaskSubmitted{task.token, Payload()});
        REQUIRE(submitted.has_value());
        if (c.how == "succeed") world.succeed("1");
        if (c.how == "fail") world.fail("Boom");
        if (c.how == "time") world.tick();
        CHECK(rest_of(world) ==
              "2<0 TaskStateEntered; 3<2 TaskScheduled; 4<3 TaskStarted; 5<4 TaskSubmitted; " +
                  c.want);
    }
}

TEST_CASE("a legacy Lambda ARN has events of its own") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "TimeoutSeconds": 5,
        "Resource": "arn:aws:lambda:us-east-1:111111111111:function:f", "End": true}}})");
    world.start();
    world.tick();
    CHECK(rest_of(world) ==
          "2<0 TaskStateEntered; 3<2 LambdaFunctionScheduled; 4<3 LambdaFunctionStarted; "
          "5<4 LambdaFunctionTimedOut; 6<5 ExecutionFailed");
    CHECK(world.execution().header().error == "States.Timeout");
    CHECK_FALSE(world.execution().header().cause.has_value());
}

TEST_CASE("StopExecution during a Wait aborts without a word of the state") {
    World world(
        R"({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}})");
    world.start();
    const auto told = world.tell(StopExecution{std::nullopt, std::nullopt});
    REQUIRE(told.has_value());
    CHECK(rest_of(world) == "2<0 WaitStateEntered; 3<0 ExecutionAborted");
    CHECK(world.execution().status() == Status::aborted);
    CHECK_FALSE(world.execution().next_due().has_value());
}

TEST_CASE("an output over 256 KiB ends the execution, and the text is not wrapped") {
    World world(R"json({"StartAt": "State_1", "States": {"State_1": {"Type": "Pass", "Parameters":
        {"a.$": "States.Format('{}{}', $.x, $.x)"}, "End": true}}})json");
    world.start("{\"x\": \"" + std::string(140'000, 'x') + "\"}");
    CHECK(rest_of(world) == "2<0 PassStateEntered; 3<2 ExecutionFailed");
    CHECK(world.execution().header().error == "States.DataLimitExceeded");
    CHECK(world.cause() ==
          "The state/task 'State_1' returned a result with a size exceeding the maximum number of "
          "bytes service limit.");
}

TEST_CASE("an inner Map that fails is the leaf of the outer one") {
    World world(
        R"({"StartAt": "O", "States": {"O": {"Type": "Map", "MaxConcurrency": 1, "End": true,
        "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Map", "MaxConcurrency": 1,
            "End": true, "ItemProcessor": {"StartAt": "F", "States": {
                "F": {"Type": "Fail", "Error": "Boom"}}}}}}}}})");
    world.start("[[1]]");
    CHECK(rest_of(world) ==
          "2<0 MapStateEntered; 3<2 MapStateStarted; 4<3 MapIterationStarted; "
          "5<4 MapStateEntered; 6<5 MapStateStarted; 7<6 MapIterationStarted; "
          "8<7 FailStateEntered; 9<8 MapIterationFailed; 10<8 MapStateFailed; "
          "11<10 MapIterationFailed; 12<10 MapStateFailed; 13<12 ExecutionFailed");
}

}  // namespace stepwell::test
