// Recorded mocks: what a file of them may say, and what a run makes of them.
#include "api/read/recorded_mocks.hpp"

#include <doctest/doctest.h>

#include "engine/definition/workflow.hpp"

using namespace stepwell;
using namespace stepwell::api;

namespace {

constexpr const char* kWorkflow = R"({"StartAt":"Wait","States":{
    "Wait":{"Type":"Wait","Seconds":3600,"Next":"Load"},
    "Load":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"Each",
        "Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":1,"BackoffRate":2}],
        "Catch":[{"ErrorEquals":["Broken"],"Next":"Saved"}]},
    "Each":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"Item","States":{
        "Item":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}}}},
    "Saved":{"Type":"Pass","Result":"saved","End":true}}})";

constexpr const char* kMocks = R"({"StateMachines":{"orders":{"TestCases":{
        "Happy":{"Load":"Flaky","Item":"Counted"},
        "Saved":{"Load":"Broken"},
        "Short":{"Load":"Flaky"},
        "Once":{"Load":"Loaded","Item":"One"}}}},
    "MockedResponses":{
        "Flaky":{"0-1":{"Throw":{"Error":"Busy","Cause":"later"}},"2":{"Return":[1,2]}},
        "Loaded":{"0":{"Return":[1,2]}},
        "One":{"0":{"Return":"only"}},
        "Broken":{"0":{"Throw":{"Error":"Broken"}}},
        "Counted":{"0":{"Return":"first"},"1":{"Return":"second"}}}})";

Result<Json> run_case(const std::string& name) {
    definition::ParseOptions options;
    options.default_name = "orders";
    MockedRun run;
    run.definition = definition::parse(kWorkflow, options).workflow.definition;
    REQUIRE(run.definition);
    run.workflow = "orders";
    run.now = from_ms(1'704'164'645'678);
    const auto mocks = read_recorded_mocks(kMocks);
    REQUIRE(mocks);
    return run_with_mocks(run, *mocks, cases_of(*mocks, "orders")->at(name));
}

std::string states_of(const Json& view) {
    std::string text;
    for (const Json& state : view["states"]) {
        text += (text.empty() ? "" : ", ") + state["state"].get<std::string>() + " " +
                state["outcome"].get<std::string>();
        if (state.contains("attempts")) text += " " + to_text(state["attempts"]);
    }
    return text;
}

}  // namespace

TEST_CASE("a run takes the mocks by state and attempt, and no time") {
    const auto view = run_case("Happy");
    REQUIRE(view);
    CHECK((*view)["status"] == "succeeded");
    CHECK((*view)["output"] == Json{"first", "second"});
    CHECK((*view)["elapsed_ms"] == 3'603'000);
    CHECK(states_of(*view) ==
          "Wait succeeded, Load succeeded 3, Each succeeded, Each[0] / Item succeeded 1, "
          "Each[1] / Item succeeded 1");
}

TEST_CASE("an error that is thrown goes where the workflow sends it") {
    const auto view = run_case("Saved");
    REQUIRE(view);
    CHECK((*view)["output"] == "saved");
    CHECK(states_of(*view) == "Wait succeeded, Load caught 1, Saved succeeded");
}

TEST_CASE("a task that nobody mocks is an error, and so is an attempt") {
    const auto state = run_case("Short");
    REQUIRE_FALSE(state);
    CHECK(state.error().message.find("'Item'") != std::string::npos);
    const auto attempt = run_case("Once");
    REQUIRE_FALSE(attempt);
    CHECK(attempt.error().message.find("attempt 1 of the state 'Item'") != std::string::npos);
}

TEST_CASE("every fault of a file of mocks is told, with its place") {
    const auto mocks = read_recorded_mocks(
        R"({"StateMachines":{"m":{"TestCases":{"C":{"S":"No"}}},"n":{}},
            "MockedResponses":{"A":{"x":{"Return":1}},"B":{"0":{}},"C":{"1-0":{"Return":1}},"D":{"0":{"Throw":{}}}}})");
    REQUIRE_FALSE(mocks);
    for (const char* part :
         {"StateMachines.m.TestCases.C.S:", "StateMachines.n.TestCases:", "MockedResponses.A.x:",
          "MockedResponses.B.0:", "MockedResponses.C.1-0:", "MockedResponses.D.0.Throw:"}) {
        CAPTURE(part);
        CHECK(mocks.error().message.find(part) != std::string::npos);
    }
}

TEST_CASE("the machine is that of the workflow's name, or the only one") {
    const auto two = read_recorded_mocks(
        R"({"StateMachines":{"a":{"TestCases":{"A":{}}},"b":{"TestCases":{"B":{}}}},"MockedResponses":{}})");
    REQUIRE(two);
    CHECK(cases_of(*two, "b")->contains("B"));
    CHECK(cases_of(*two, "c").error().code == ErrorCode::not_found);
    const auto one = read_recorded_mocks(kMocks);
    CHECK(cases_of(*one, "another").has_value());
}
