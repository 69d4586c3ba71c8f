// One state by itself: what it answers, and what is seen of its data on the way.
#include "engine/core/state_test.hpp"

#include <doctest/doctest.h>

#include "engine/definition/workflow.hpp"

using namespace stepwell;
using core::StateAnswer;
using core::StateTest;
using core::StateTrial;
using Status = core::StateAnswer::Status;

namespace {

/// A machine in which `state`, named "It", is followed by "After"; "Saved" is there for catchers.
definition::DefinitionPtr around(const std::string& state) {
    const std::string text = R"({"StartAt":"It","States":{"It":)" + state +
                             R"(,"After":{"Type":"Succeed"},"Saved":{"Type":"Succeed"}}})";
    definition::ParseOptions options;
    options.default_name = "machine";
    // Not every state leads to both of the others.
    options.purpose = definition::ParseOptions::Purpose::reload;
    auto parsed = definition::parse(text, options);
    INFO(definition::render(parsed.diagnostics, "machine", text));
    REQUIRE(parsed.is_valid());
    return parsed.workflow.definition;
}

StateTrial trial_of(const std::string& input) {
    StateTrial trial;
    trial.facts.arn = "arn:aws:states:us-east-1:123456789012:express:m:x";
    trial.facts.input = Payload::from_text(input).value();
    trial.facts.started_at = from_ms(1'704'164'645'678);
    return trial;
}

core::Moment moment() {
    core::Moment at;
    at.now = from_ms(1'704'164'645'678);
    at.entropy = 7;
    return at;
}

StateAnswer answer_of(const std::string& state, StateTrial trial) {
    StateTest test(around(state), std::move(trial), moment());
    test.begin();
    return test.answer();
}

std::string stages_of(const StateAnswer& answer) {
    std::string text;
    for (const auto& [stage, data] : answer.seen.stages) {
        text += (text.empty() ? "" : " ") + std::string(core::name_of(stage)) + "=" + data.text();
    }
    return text;
}

constexpr const char* kFailing = R"({"Type":"Task","Resource":"stepwell:shell","Next":"After",
    "Retry":[{"ErrorEquals":["Other"]},{"ErrorEquals":["Broken"],"IntervalSeconds":3,"MaxAttempts":2}],
    "Catch":[{"ErrorEquals":["Other"],"Next":"After"},{"ErrorEquals":["Broken"],"Next":"Saved","ResultPath":"$.why"}]})";

StateAnswer fail_after(std::uint32_t retries, const char* error) {
    StateTrial trial = trial_of(R"({"a":1})");
    trial.retries = retries;
    StateTest test(around(kFailing), std::move(trial), moment());
    test.begin();
    REQUIRE(test.task());
    test.fail({error, "because"});
    return test.answer();
}

}  // namespace

TEST_CASE("each stage of the data flow is seen, and the state after it") {
    const auto answer = answer_of(
        R"({"Type":"Pass","InputPath":"$.in","Parameters":{"x.$":"$.v"},"ResultPath":"$.out","Next":"After"})",
        trial_of(R"({"in":{"v":1}})"));
    CHECK(answer.status == Status::succeeded);
    CHECK(answer.next == StateId{1});
    CHECK(answer.output->text() == R"({"in":{"v":1},"out":{"x":1}})");
    CHECK(stages_of(answer) ==
          R"(afterInputPath={"v":1} afterParameters={"x":1} afterResultSelector={"x":1} )"
          R"(afterResultPath={"in":{"v":1},"out":{"x":1}})");
}

TEST_CASE("a Result is the result, and nothing of the input is looked at") {
    const auto answer = answer_of(
        R"({"Type":"Pass","InputPath":"$.no","Result":{"r":1},"End":true})", trial_of("{}"));
    CHECK(answer.status == Status::succeeded);
    CHECK_FALSE(answer.next);
    CHECK(stages_of(answer) ==
          R"(result={"r":1} afterResultSelector={"r":1} afterResultPath={"r":1})");
}

TEST_CASE("a state that fails says why, and shows how far it came") {
    const auto answer =
        answer_of(R"({"Type":"Pass","InputPath":"$.in","Parameters":{"x.$":"$.no"},"End":true})",
                  trial_of(R"({"in":{}})"));
    CHECK(answer.status == Status::failed);
    CHECK(answer.failure.error == "States.Runtime");
    CHECK(answer.failure.cause->find("$.no") != std::string::npos);
    CHECK(stages_of(answer) == "afterInputPath={}");
}

TEST_CASE("a Wait takes no time, and a Choice goes on by its rule") {
    const auto waited =
        answer_of(R"({"Type":"Wait","Seconds":3600,"Next":"After"})", trial_of("{}"));
    CHECK(waited.status == Status::succeeded);
    CHECK(waited.next == StateId{1});
    const auto chosen = answer_of(
        R"({"Type":"Choice","Choices":[{"Variable":"$.a","IsPresent":true,"Next":"Saved"}],"Default":"After"})",
        trial_of(R"({"a":1})"));
    CHECK(chosen.next == StateId{2});
}

TEST_CASE("what a task would give stands for it") {
    StateTest test(
        around(
            R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"t.$":"$$.Task.Token"},
                "ResultSelector":{"n.$":"$.n"},"ResultPath":"$.got","Next":"After"})"),
        [] {
            StateTrial trial = trial_of("{}");
            trial.context = {{"Task", {{"Token", "tok"}}}};
            return trial;
        }(),
        moment());
    test.begin();
    REQUIRE(test.task());
    CHECK(test.task()->parameters.text() == R"({"t":"tok"})");
    test.succeed(Payload::from_text(R"({"n":1,"m":2})").value());
    const auto answer = test.answer();
    CHECK(answer.output->text() == R"({"got":{"n":1}})");
    CHECK(stages_of(answer) ==
          R"(afterInputPath={} afterParameters={"t":"tok"} result={"n":1,"m":2} )"
          R"(afterResultSelector={"n":1} afterResultPath={"got":{"n":1}})");
}

TEST_CASE("an error goes to its retrier, then to its catcher, and is told either way") {
    const auto again = fail_after(1, "Broken");
    CHECK(again.status == Status::retriable);
    CHECK(again.seen.retrier == 1);
    CHECK(again.delay == std::chrono::seconds(6));
    CHECK(again.failure.cause == "because");

    const auto caught = fail_after(2, "Broken");
    CHECK(caught.status == Status::caught);
    CHECK(caught.seen.retrier == 1);
    CHECK(caught.seen.catcher == 1);
    CHECK(caught.next == StateId{2});
    CHECK(caught.output->text() == R"({"a":1,"why":{"Error":"Broken","Cause":"because"}})");

    const auto lost = fail_after(0, "Unnamed");
    CHECK(lost.status == Status::failed);
    CHECK_FALSE(lost.seen.retrier);
    CHECK(lost.failure.error == "Unnamed");
}

TEST_CASE("variables come in, and those that the state assigns go out") {
    StateTrial trial = trial_of("{}");
    trial.variables = std::make_shared<const core::Variables>(
        core::Variables{{"a", Payload(Json(1))}, {"b", Payload(Json(2))}});
    const auto answer = answer_of(
        R"({"Type":"Pass","Parameters":{"x.$":"$a"},"Assign":{"b.$":"$a","c":3},"End":true})",
        trial);
    CHECK(answer.output->text() == R"({"x":1})");
    std::string variables;
    for (const auto& [name, value] : *answer.variables) variables += name + value.text();
    CHECK(variables == "a1b1c3");
}

TEST_CASE("children are not begun where somebody says what they gave") {
    StateTrial trial = trial_of(R"({"list":[1,2,3]})");
    trial.replaces_children = true;
    const std::string map =
        R"({"Type":"Map","ItemsPath":"$.list","ItemSelector":{"v.$":"$$.Map.Item.Value"},"ToleratedFailureCount":1,
            "ItemProcessor":{"StartAt":"In","States":{"In":{"Type":"Pass","End":true}}},"Next":"After",
            "Catch":[{"ErrorEquals":["States.ALL"],"Next":"Saved"}]})";
    StateTest test(around(map), trial, moment());
    test.begin();
    REQUIRE(test.wants_children());
    CHECK(test.iterations() == 3);
    CHECK(test.tolerates(1));
    CHECK_FALSE(test.tolerates(2));
    test.succeed(Payload::from_text("[4,5,6]").value());
    const auto answer = test.answer();
    CHECK(answer.status == Status::succeeded);
    CHECK(answer.output->text() == "[4,5,6]");
    CHECK(
        stages_of(answer) ==
        R"(afterInputPath={"list":[1,2,3]} afterItemsPath=[1,2,3] afterItemSelector=[{"v":1},{"v":2},{"v":3}] )"
        R"(maxConcurrency=0 toleratedFailureCount=1 result=[4,5,6] afterResultSelector=[4,5,6] afterResultPath=[4,5,6])");

    StateTest failing(around(map), trial, moment());
    failing.begin();
    failing.fail({"Broken", std::nullopt});
    CHECK(failing.answer().status == Status::caught);
    CHECK(failing.answer().next == StateId{3});
}

TEST_CASE("a state inside a Map sees its input as the item") {
    definition::ParseOptions options;
    options.default_name = "machine";
    const auto parsed = definition::parse(
        R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"In","States":{
            "In":{"Type":"Pass","Parameters":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value"},"End":true}}}}}})",
        options);
    REQUIRE(parsed.is_valid());
    StateTrial trial = trial_of(R"("x")");
    trial.state = StateId{1};
    StateTest test(parsed.workflow.definition, trial, moment());
    test.begin();
    CHECK(test.answer().output->text() == R"({"i":0,"v":"x"})");
}
