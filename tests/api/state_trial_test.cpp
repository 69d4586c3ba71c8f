// One state tried on its own: what people are shown of it.
#include "api/read/state_trial.hpp"

#include <doctest/doctest.h>

#include "engine/definition/workflow.hpp"

using namespace stepwell;
using namespace stepwell::api;

namespace {

TrialQuestion question_of(const std::string& state) {
    definition::ParseOptions options;
    options.default_name = "orders";
    TrialQuestion question;
    question.definition = definition::parse(
                              R"({"StartAt":"Load","States":{
        "Load":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"x.$":"$v"},
            "ResultPath":"$.got","Next":"Done","Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":1}]},
        "Done":{"Type":"Succeed"}}})",
                              options)
                              .workflow.definition;
    REQUIRE(question.definition);
    question.state = state;
    question.variables = {{"v", 1}};
    return question;
}

}  // namespace

TEST_CASE("a task without a mock shows what it would get, and goes no further") {
    const auto view = try_state(question_of("Load"));
    REQUIRE(view);
    CHECK((*view)["status"] == "needs_mock");
    CHECK(to_text((*view)["stages"]) ==
          R"([{"stage":"afterInputPath","data":{}},{"stage":"afterParameters","data":{"x":1}}])");
    CHECK_FALSE(view->contains("output"));
}

TEST_CASE("a mock stands for the task") {
    TrialQuestion question = question_of("Load");
    question.mock = TrialMock{Payload(Json("r")), {}};
    const auto view = try_state(question);
    REQUIRE(view);
    CHECK((*view)["status"] == "succeeded");
    CHECK(to_text((*view)["output"]) == R"({"got":"r"})");
    CHECK((*view)["next"] == "Done");
    CHECK(to_text((*view)["variables"]) == R"({"v":1})");

    question.mock = TrialMock{std::nullopt, {"Busy", "later"}};
    CHECK((*try_state(question))["status"] == "retriable");
    CHECK((*try_state(question))["retry_in_ms"] == 1'000);
    question.retries = 1;
    CHECK((*try_state(question))["status"] == "failed");
    CHECK((*try_state(question))["cause"] == "later");
}

TEST_CASE("a state that is not there is named, with the nearest that is") {
    const auto view = try_state(question_of("Lod"));
    REQUIRE_FALSE(view);
    CHECK(view.error().code == ErrorCode::not_found);
    CHECK(view.error().message.find("did you mean 'Load'?") != std::string::npos);
}
