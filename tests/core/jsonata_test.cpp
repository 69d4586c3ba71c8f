// States in JSONata: what their expressions see, what they make of it, and how their failures are
// told.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/world.hpp"

namespace stepwell::test {

namespace {

std::string jsonata_machine(const std::string& body) {
    const bool goes_on = body.find("\"After\"") != std::string::npos;
    return R"({"StartAt": "S", "QueryLanguage": "JSONata", "States": {"S": {)" + body +
           (goes_on ? R"(}, "After": {"Type": "Pass", "End": true}}})" : "}}}");
}

/// The output, or "ERROR: cause" without AWS's wrapper.
std::string outcome_of(const World& world) {
    if (world.execution().status() == Status::succeeded) return world.output();
    std::string cause = world.cause();
    const std::string wrapper =
        "An error occurred while executing the state 'S' (entered at the event id #2). ";
    if (cause.starts_with(wrapper)) cause = cause.substr(wrapper.size());
    return world.execution().header().error.value_or("") + ": " + cause;
}

std::string run_jsonata(const std::string& body, const std::string& input) {
    World world(jsonata_machine(body));
    world.start(input);
    world.settle();
    return outcome_of(world);
}

struct QueryCase {
    std::string name;
    std::string body;
    std::string input;
    std::string want;
};

void check_queries(const std::vector<QueryCase>& cases) {
    for (const QueryCase& c : cases) {
        CAPTURE(c.name);
        CHECK(run_jsonata(c.body, c.input) == c.want);
    }
}

}  // namespace

// clang-format off
TEST_CASE("in JSONata a state's Output is computed at any depth, and else its input goes on") {
    check_queries({
        {"no Output", R"("Type": "Pass", "End": true)", R"({"a": 1.0})", R"({"a": 1.0})"},
        {"an expression", R"("Type": "Pass", "Output": "{% $states.input.a + 1 %}", "End": true)",
         R"({"a":1})", "2"},
        {"values with expressions in them",
         R"("Type": "Pass", "Output": {"l": [1, "{% $states.input.a %}", {"x.$": "$.a"}], "t": " {% 1 %} "}, "End": true)",
         R"({"a":9007199254740993})", R"({"l":[1,9007199254740993,{"x.$":"$.a"}],"t":" {% 1 %} "})"},
        {"null", R"("Type": "Pass", "Output": null, "End": true)", "{}", "null"},
        {"the context", R"("Type": "Pass", "Output": "{% $states.context.State.Name %}", "End": true)", "{}", "\"S\""},
        {"the input is not there by itself", R"("Type": "Pass", "Output": "{% $exists($) or $exists(a) %}", "End": true)", R"({"a":1})", "false"},
        {"no $eval", R"("Type": "Pass", "Output": "{% $eval('1') %}", "End": true)", "{}",
         "States.QueryEvaluationError: The JSONata expression '$eval('1')' specified for the field 'Output' threw an error during evaluation. T1006: Attempted to invoke a non-function"},
    });
}

TEST_CASE("an expression that gives nothing, a function, or fails ends the state in AWS's words") {
    check_queries({
        {"nothing", R"("Type": "Pass", "Output": {"a": {"b": "{% $none %}"}}, "End": true)", "{}",
         "States.QueryEvaluationError: The JSONata expression '$none' specified for the field 'Output/a/b' returned nothing (undefined)."},
        {"a function", R"("Type": "Pass", "Assign": {"f": "{% $sum %}"}, "End": true)", "{}",
         "States.QueryEvaluationError: The JSONata expression '$sum' specified for the field 'Assign/f' returned an unsupported result type."},
        {"a Condition that is no boolean", R"("Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "After"}])", "{}",
         "States.QueryEvaluationError: The JSONata expression '1' specified for the field 'Choices/0/Condition' returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1"},
        {"Seconds that are no integer", R"("Type": "Wait", "Seconds": "{% 'x' %}", "End": true)", "{}",
         "States.QueryEvaluationError: The JSONata expression ''x'' specified for the field 'Seconds' returned an unexpected result type. Expected 'integer', but was 'string' for value: \"x\""},
        {"a Timestamp that is none", R"("Type": "Wait", "Timestamp": "{% '2020-01-01' %}", "End": true)", "{}",
         "States.QueryEvaluationError: The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: 2020-01-01"},
        {"an Error that is no string", R"("Type": "Fail", "Error": "{% 5 %}")", "{}",
         "States.QueryEvaluationError: The JSONata expression '5' specified for the field 'Error' returned an unexpected result type. Expected 'string', but was 'number' for value: 5"},
        {"an endless loop", R"("Type": "Pass", "Output": "{% ($f := function() { $f() }; $f()) %}", "End": true)", "{}",
         "States.QueryEvaluationError: The JSONata expression '($f := function() { $f() }; $f())' specified for the field 'Output' threw an error during evaluation. U1001: Expression evaluation timeout"},
    });
}

TEST_CASE("a Choice in JSONata takes its rules' Output and Assign, and the state's own by Default only") {
    const std::string choice = R"("Type": "Choice", "Output": "default", "Choices": [
        {"Condition": "{% $states.input.n > 5 %}", "Output": "{% 'large' %}", "Next": "After"},
        {"Condition": true, "Next": "After"}], "Default": "After")";
    CHECK(run_jsonata(choice, R"({"n":7})") == "\"large\"");
    CHECK(run_jsonata(choice, R"({"n":1})") == R"({"n":1})");
    CHECK(run_jsonata(R"("Type": "Choice", "Output": "{% 'mine' %}", "Choices": [
        {"Condition": false, "Next": "After"}], "Default": "After")", "{}") == "\"mine\"");
}

TEST_CASE("a Fail in JSONata computes its words") {
    CHECK(run_jsonata(R"("Type": "Fail", "Error": "{% $states.input.e %}", "Cause": "plain")", R"({"e":"Boom"})") == "Boom: plain");
}
// clang-format on

TEST_CASE("EvaluationFailed follows what came before the state, and the failure follows it") {
    World world(R"({"StartAt": "A", "QueryLanguage": "JSONata", "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Map", "Items": "{% 1 %}", "End": true, "ItemProcessor": {
            "StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}}}})");
    world.start("{}");
    world.settle();
    CHECK(world.chain() ==
          "1<0 ExecutionStarted; 2<0 PassStateEntered; 3<2 PassStateExited; 4<3 MapStateEntered; "
          "5<3 EvaluationFailed; 6<5 MapStateFailed; 7<6 ExecutionFailed");
}

TEST_CASE("a Task in JSONata is asked with its Arguments, and its result is $states.result") {
    World world(jsonata_machine(R"("Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f", "Payload": "{% $states.input.x & '!' %}"},
        "TimeoutSeconds": "{% 5 + 5 %}",
        "Assign": {"kept": "{% $states.result.r %}"},
        "Output": {"in": "{% $states.input %}", "out": "{% $states.result %}"}, "Next": "After")"));
    world.start(R"({"x":"a"})");
    CHECK(world.only_task().parameters.text() == R"({"FunctionName":"f","Payload":"a!"})");
    world.succeed(R"({"r":3})");
    world.settle();
    CHECK(outcome_of(world) == R"({"in":{"x":"a"},"out":{"r":3}})");
}

TEST_CASE("a catcher in JSONata sees the error, and what expressions throw can be caught") {
    const std::string task = R"("Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": "{% $states.input.a.b %}", "Next": "After",
        "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"],
                   "Output": {"e": "{% $states.errorOutput.Error %}", "i": "{% $states.input %}"},
                   "Next": "After"}])";
    CHECK(run_jsonata(task, R"({"a":1})") == R"({"e":"States.QueryEvaluationError","i":{"a":1}})");
}

TEST_CASE("a Map in JSONata selects by item, and variables go between the languages") {
    World world(R"({"StartAt": "P", "States": {
        "P": {"Type": "Pass", "Assign": {"v": 10}, "Next": "M"},
        "M": {"Type": "Map", "QueryLanguage": "JSONata", "Items": "{% [1..3] %}",
              "ItemSelector": {"x": "{% $states.context.Map.Item.Value * $v %}"},
              "MaxConcurrency": "{% 2 %}",
              "Output": "{% $sum($states.result.x) %}", "Assign": {"v": "{% $v + 1 %}"},
              "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}},
              "Next": "E"},
        "E": {"Type": "Pass", "Parameters": {"s.$": "$", "v.$": "$v"}, "End": true}}})");
    world.start("{}");
    world.settle();
    CHECK(world.output() == R"({"s":60,"v":11})");
}

}  // namespace stepwell::test
