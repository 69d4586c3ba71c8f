// What states make of their input: paths, templates, variables, the context object, and the texts
// of their failures.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/world.hpp"

namespace stepwell::test {

namespace {

/// A machine of one state "S", its body without the braces, and "After" where the body names it.
std::string machine(const std::string& body) {
    const bool goes_on = body.find("\"After\"") != std::string::npos;
    return R"({"StartAt": "S", "States": {"S": {)" + body +
           (goes_on ? R"(}, "After": {"Type": "Pass", "End": true}}})" : "}}}");
}

struct Case {
    std::string name;
    std::string body;
    std::string input;
    std::string want;  // the output, or "ERROR: cause" without AWS's wrapper
};

const std::string kWrapper =
    "An error occurred while executing the state 'S' (entered at the event "
    "id #2). ";

std::string run(const std::string& body, const std::string& input) {
    World world(machine(body));
    world.start(input);
    world.settle();
    if (world.execution().status() == Status::succeeded) return world.output();
    std::string cause = world.cause();
    if (cause.starts_with(kWrapper)) cause = cause.substr(kWrapper.size());
    return world.execution().header().error.value_or("") + ": " + cause;
}

void check(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK(run(c.body, c.input) == c.want);
    }
}

}  // namespace

TEST_CASE("a Pass hands on its result by its paths") {
    // clang-format off
    check({
        {"nothing said", R"("Type": "Pass", "End": true)", R"({"a": 1.0})", R"({"a": 1.0})"},
        {"Result wins over Parameters, and its .$ keys are literal",
         R"("Type": "Pass", "Result": {"x.$": "$.a"}, "Parameters": {"y": 1}, "End": true)",
         R"({"a":1})", R"({"x.$":"$.a"})"},
        {"InputPath null", R"("Type": "Pass", "InputPath": null, "End": true)", "[1]", "{}"},
        {"OutputPath null", R"("Type": "Pass", "OutputPath": null, "End": true)", "[1]", "{}"},
        {"ResultPath null", R"("Type": "Pass", "Result": 1, "ResultPath": null, "End": true)",
         R"({"a":1})", R"({"a":1})"},
        {"ResultPath goes into the raw input",
         R"("Type": "Pass", "InputPath": "$.a", "ResultPath": "$.b.c", "End": true)",
         R"({"a":1})", R"({"a":1,"b":{"c":1}})"},
        {"OutputPath", R"("Type": "Pass", "OutputPath": "$.a", "End": true)", R"({"a":[1]})", "[1]"},
        {"a missing InputPath", R"("Type": "Pass", "InputPath": "$.x", "End": true)", "{}",
         "States.Runtime: Invalid path '$.x' : No results for path: $['x']"},
        {"a missing OutputPath", R"("Type": "Pass", "OutputPath": "$.x.y", "End": true)", "{}",
         "States.Runtime: Invalid path '$.x.y' : Missing property in path $['x']"},
    });
    // clang-format on
    CHECK(run(R"("Type": "Pass", "Result": 1, "ResultPath": "$.a.b", "End": true)", R"({"a":1})")
              .starts_with("States.ResultPathMatchFailure: "));
    CHECK(run(R"("Type": "Pass", "Parameters": {"v.$": "$.x"}, "End": true)", R"({"a": 1})")
              .starts_with("States.Runtime: The JSONPath '$.x' specified for the field 'v.$' could "
                           "not be found in the input '{"));
}

TEST_CASE("a Choice takes the first rule that matches, else Default, else fails") {
    const std::string choice = R"("Type": "Choice", "Choices": [
        {"Variable": "$.a", "NumericEquals": 1, "Next": "After"}])";
    // clang-format off
    check({
        {"a match", choice, R"({"a": 1})", R"({"a": 1})"},
        {"no match", choice, R"({"a": 2})",
         "States.NoChoiceMatched: Failed to transition out of the state. The state does not point "
         "to a next state."},
        {"Default", choice + R"(, "Default": "After", "OutputPath": "$.b")", R"({"a":2,"b":3})", "3"},
    });
    // clang-format on
}

TEST_CASE("a rule's Assign replaces the state's own, which is for Default") {
    const std::string text = R"({"StartAt": "S", "States": {
        "S": {"Type": "Choice", "Assign": {"v": "default"}, "Default": "Show", "Choices": [
            {"Variable": "$.a", "NumericEquals": 1, "Next": "Show", "Assign": {"v": "rule"}}]},
        "Show": {"Type": "Pass", "Parameters": {"v.$": "$v"}, "End": true}}})";
    for (const auto& [input, want] : std::vector<std::pair<std::string, std::string>>{
             {R"({"a":1})", R"({"v":"rule"})"}, {R"({"a":2})", R"({"v":"default"})"}}) {
        World world(text);
        world.start(input);
        CHECK(world.output() == want);
    }
}

TEST_CASE("assignments see the values of before, and the new ones hold from the next state on") {
    World world(R"({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x": 1, "y": 2}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"x.$": "$y", "y.$": "$x"},
              "Parameters": {"x.$": "$x"}, "Next": "C"},
        "C": {"Type": "Pass", "Parameters": {"before.$": "$.x", "x.$": "$x", "y.$": "$y"},
              "End": true}}})");
    world.start();
    CHECK(world.output() == R"({"before":1,"x":2,"y":1})");
}

TEST_CASE("inner scopes read outer variables, and theirs vanish with them") {
    World world(R"json({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
        "M": {"Type": "Map", "Next": "Z", "ItemProcessor": {"StartAt": "I", "States": {
            "I": {"Type": "Pass", "Assign": {"mine.$": "$"}, "Next": "J"},
            "J": {"Type": "Pass", "Parameters": {"x.$": "$x", "mine.$": "$mine"}, "End": true}}},
            "Assign": {"n.$": "States.ArrayLength($)"}},
        "Z": {"Type": "Pass", "Parameters": {"out.$": "$", "n.$": "$n"}, "End": true}}})json");
    world.start("[7, 8]");
    CHECK(world.output() == R"({"out":[{"x":1,"mine":7},{"x":1,"mine":8}],"n":2})");
}

TEST_CASE("a catcher's Assign and ResultPath work on the error output") {
    World world(R"({"StartAt": "T", "States": {
        "T": {"Type": "Task", "Resource": "stepwell:load", "Next": "Show", "Assign": {"own": 1},
              "Catch": [{"ErrorEquals": ["Boom"], "ResultPath": "$.error", "Next": "Show",
                         "Assign": {"what.$": "$.Error"}}]},
        "Show": {"Type": "Pass", "Parameters": {"what.$": "$what", "in.$": "$"}, "End": true}}})");
    world.start(R"({"a":1})");
    world.fail("Boom", "why");
    CHECK(world.output() ==
          R"({"what":"Boom","in":{"a":1,"error":{"Error":"Boom","Cause":"why"}}})");
}

TEST_CASE("a catcher that fails itself ends the execution") {
    World world(R"({"StartAt": "S", "States": {
        "S": {"Type": "Task", "Resource": "stepwell:load", "End": true, "Catch": [
            {"ErrorEquals": ["Boom"], "ResultPath": "$.a.b", "Next": "After"},
            {"ErrorEquals": ["States.ALL"], "Next": "After"}]},
        "After": {"Type": "Pass", "End": true}}})");
    world.start(R"({"a":1})");
    world.fail("Boom");
    CHECK(world.execution().status() == Status::failed);
    CHECK(world.types().ends_with("TaskFailed ExecutionFailed"));
}

TEST_CASE("a task's result goes through ResultSelector, ResultPath and OutputPath") {
    World world(R"({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "stepwell:load",
        "InputPath": "$.in", "Parameters": {"p.$": "$.x", "fix": true},
        "ResultSelector": {"rows.$": "$.n"}, "ResultPath": "$.out", "OutputPath": "$.out.rows",
        "Assign": {"all.$": "$"}, "Next": "Show"},
        "Show": {"Type": "Pass", "Parameters": {"in.$": "$", "all.$": "$all"}, "End": true}}})");
    world.start(R"({"in":{"x":5}})");
    CHECK(world.only_task().parameters.text() == R"({"p":5,"fix":true})");
    world.succeed(R"({"n":3,"m":4})");
    CHECK(world.output() == R"({"in":3,"all":{"n":3,"m":4}})");
}

TEST_CASE("the context object says where and when") {
    World world(R"({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "stepwell:load",
        "Parameters": {"c.$": "$$"}, "End": true,
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]}}})");
    world.start(R"({"a":1})");
    CHECK(
        world.only_task().parameters.text() ==
        R"({"c":{"Execution":{"Id":"arn:aws:states:us-east-1:111111111111:execution:machine:one",)"
        R"("Input":{"a":1},"StartTime":"2024-01-02T03:04:05.678Z","Name":"one",)"
        R"("RoleArn":"arn:aws:iam::111111111111:role/stepfunctions","RedriveCount":0},)"
        R"("StateMachine":{"Id":"arn:aws:states:us-east-1:111111111111:stateMachine:machine",)"
        R"("Name":"machine"},"State":{"Name":"T","EnteredTime":"2024-01-02T03:04:05.678Z",)"
        R"("RetryCount":0}}})");
    world.fail("Boom");
    world.tick();
    CHECK(world.only_task().parameters.json()["c"]["State"]["RetryCount"] == 1);
    CHECK(world.only_task().parameters.json()["c"]["State"]["EnteredTime"] ==
          "2024-01-02T03:04:05.678Z");
}

TEST_CASE("Map.Item is there for ItemSelector and inside the iteration") {
    World world(R"({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items",
        "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "k.$": "$.k"},
        "End": true, "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Parallel",
            "End": true, "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Pass",
                "Parameters": {"in.$": "$", "v.$": "$$.Map.Item.Value"}, "End": true}}}]}}}}}})");
    world.start(R"({"k":9,"items":["a","b"]})");
    CHECK(world.output() == R"([[{"in":{"i":0,"v":"a","k":9},"v":"a"}],)"
                            R"([{"in":{"i":1,"v":"b","k":9},"v":"b"}]])");
}

TEST_CASE("a Map says what is wrong with its fields") {
    const std::string rest = R"(, "End": true, "ItemProcessor": {"StartAt": "I", "States": {
        "I": {"Type": "Pass", "End": true}}})";
    // clang-format off
    check({
        {"no array", R"("Type": "Map", "ItemsPath": "$.x")" + rest, R"({"x":1})",
         R"(States.Runtime: Reference path "$.x" must point to array.)"},
        {"no items", R"("Type": "Map", "ItemsPath": "$.x")" + rest, R"({"x":[]})", "[]"},
        {"concurrency of another type", R"("Type": "Map", "MaxConcurrencyPath": "$.n")" + rest,
         R"({"n":{}})", R"(States.Runtime: The MaxConcurrencyPath field refers to value "{}" which is )"
                        R"(not a valid integer: $.n)"},
        {"concurrency as text", R"("Type": "Map", "ItemsPath": "$.x", "MaxConcurrencyPath": "$.n")" + rest,
         R"({"n":"2","x":[1]})", "[1]"},
    });
    // clang-format on
}

TEST_CASE("a Wait waits for what it says, and says what is wrong with it") {
    const auto due_after = [](const std::string& body, const std::string& input) {
        World world(machine(body));
        world.start(input);
        const auto due = world.execution().next_due();
        return due ? (*due - world.now()).count() : -1;
    };
    const std::string by_path = R"("Type": "Wait", "SecondsPath": "$.n", "End": true)";
    const std::string until = R"("Type": "Wait", "TimestampPath": "$.t", "End": true)";
    CHECK(due_after(R"("Type": "Wait", "Seconds": 90, "End": true)", "{}") == 90'000);
    CHECK(due_after(R"("Type": "Wait", "Seconds": 0, "End": true)", "{}") == -1);
    CHECK(due_after(by_path, R"({"n": 7})") == 7000);
    CHECK(due_after(by_path, R"({"n": "7"})") == 7000);
    CHECK(due_after(until, R"({"t":"2024-01-02T04:04:06.5+01:00"})") == 822);
    CHECK(due_after(until, R"({"t":"2001-01-02T04:04:06Z"})") == -1);
    const std::string not_a_time =
        "States.Runtime: The TimestampPath parameter does not reference a valid ISO-8601 extended "
        "offset date-time format string: $.t == ";
    // clang-format off
    check({
        {"no number there", by_path, "{}",
         "States.Runtime: The SecondsPath parameter does not reference an input value: $.n"},
        {"a negative one", by_path, R"({"n":-1})",
         "States.Runtime: The SecondsPath parameter references a negative value: $.n == -1"},
        {"a fraction", by_path, R"({"n":-1.5})",
         "States.Runtime: The SecondsPath parameter cannot be parsed as a long value: $.n == -1.5"},
        {"no offset", until, R"({"t":"2024-01-02T04:04:06"})", not_a_time + "2024-01-02T04:04:06"},
        {"a number", until, R"({"t":5})", not_a_time + "5"},
        {"too far", until, R"({"t":"2099-01-01T00:00:00Z"})",
         "States.Runtime: Wait state delay is too long."},
    });
    // clang-format on
}

TEST_CASE("Fail takes its words from fields or paths, and leaves out what is not said") {
    // clang-format off
    check({
        {"fixed", R"("Type": "Fail", "Error": "E", "Cause": "C")", "{}", "E: C"},
        {"nothing", R"("Type": "Fail")", "{}", ": none"},
        {"paths", R"json("Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}!', $.c)")json",
         R"({"e":"E","c":"C"})", "E: C!"},
        {"a missing path", R"("Type": "Fail", "ErrorPath": "$.e")", R"({"a":1})",
         "States.Runtime: The JSONPath '$.e' specified for the field 'ErrorPath' could not be found "
         "in the input '{\"a\":1}'"},
    });
    // clang-format on
    World world(machine(R"("Type": "Fail")"));
    world.start();
    CHECK(core::to_history(world.events(), true).back()["executionFailedEventDetails"] ==
          Json::object());
}

TEST_CASE("Succeed ends only its own branch") {
    World world(R"({"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Next": "Z", "Branches": [
            {"StartAt": "A", "States": {"A": {"Type": "Succeed", "OutputPath": "$.a"}}},
            {"StartAt": "B", "States": {"B": {"Type": "Pass", "Result": "b", "End": true}}}]},
        "Z": {"Type": "Succeed"}}})");
    world.start(R"({"a": 1})");
    CHECK(world.output() == R"([1,"b"])");
}

TEST_CASE("the history leaves data out when it is told to") {
    World world(R"({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "stepwell:load",
        "TimeoutSeconds": 5, "Assign": {"x": "secret"}, "End": true}}})");
    world.start(R"({"a":"secret"})");
    world.succeed(R"("secret")");
    CHECK(to_text(core::to_history(world.events(), false)).find("secret") == std::string::npos);
    const Json full = core::to_history(world.events(), true);
    CHECK(full[5]["stateExitedEventDetails"]["assignedVariables"]["x"] == "\"secret\"");
    CHECK(full[2]["taskScheduledEventDetails"] == Json({{"resourceType", "stepwell"},
                                                        {"resource", "load"},
                                                        {"region", "us-east-1"},
                                                        {"parameters", R"({"a":"secret"})"},
                                                        {"timeoutInSeconds", 5}}));
    CHECK(full[0]["timestamp"] == 1704164645.678);
}

}  // namespace stepwell::test
