#include "api/workflows/overview.hpp"

#include <doctest/doctest.h>

#include "tests/answers/theatre.hpp"

using namespace stepwell;
using namespace stepwell::test;
using namespace stepwell::api::answers;

namespace {

Result<Json> overview(Theatre& theatre, ExecutionId run) {
    auto histories = theatre.histories();
    return overview_view(histories, run, {});
}

}  // namespace

TEST_CASE("a run's page is one answer: failure, usual, states, version against the last success") {
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("V", task("V", R"("Next":"L")") + "," + task("L"))));
    theatre.play("w", {{"V", {"{}"}}, {"L", {"{}"}}});
    runtime::WorkflowUpdate update;
    update.definition =
        machine("V", task("V", R"("TimeoutSeconds":9,"Next":"L")") + "," + task("L"));
    REQUIRE(theatre.answer_of<runtime::WorkflowStatus>(
        [&](auto answer) { theatre.engine().update_workflow("w", update, answer); }));
    const ExecutionId failed = theatre.play("w", {{"V", {"E_A: a"}}});

    const auto view = overview(theatre, failed);
    REQUIRE(view);
    CHECK((*view)["run"]["status"] == "failed");
    CHECK((*view)["failure"]["failure"]["state"] == "V");
    CHECK((*view)["usual"]["duration"]["p50_ms"] == 2'000);
    CHECK((*view)["usual"]["against"] == 0.5);
    REQUIRE((*view)["states"].size() == 2);
    CHECK((*view)["states"][0]["status"] == "failed");
    CHECK((*view)["states"][1]["status"] == "not_reached");
    CHECK((*view)["states"][1]["usual"]["p50_ms"] == 1'000);
    const Json& version = (*view)["version"];
    CHECK(version["number"] == 2);
    CHECK(version["last_success"]["number"] == 1);
    CHECK(version["last_success"]["same"] == false);
    CHECK(version["last_success"]["difference"]["changed"][0]["state"] == "V");
    CHECK((*view)["parent"].is_null());
    CHECK((*view)["children"].empty());
}

TEST_CASE("the events of a run are those of its history") {
    Theatre theatre;
    REQUIRE(theatre.create(
        "w", machine("V", task("V", R"("Retry":[{"ErrorEquals":["E_A"]}],"End":true)"))));
    const ExecutionId run = theatre.play("w", {{"V", {"E_A: a", "{}"}}});
    auto histories = theatre.histories();
    const auto events = histories.reader().events(run);
    REQUIRE(events);
    const std::size_t told = core::to_history(*events, false).size();
    CHECK(told < events->size());  // when it is tried again is written down, and not told
    const auto view = overview(theatre, run);
    REQUIRE(view);
    CHECK((*view)["events"] == told);
}

TEST_CASE("a running run shows what it is doing") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kWait));
    const auto started = theatre.start("w");
    REQUIRE(started);
    const auto view = overview(theatre, started->id);
    REQUIRE(view);
    CHECK((*view)["failure"]["failure"].is_null());
    CHECK((*view)["usual"]["against"].is_null());
    CHECK((*view)["open"][0]["type"] == "Wait");
    CHECK((*view)["open"][0]["due"] == to_iso8601(theatre.clock.now() + std::chrono::seconds(60)));
}

TEST_CASE("a run names the runs that it started, and the one that started it") {
    Theatre theatre;
    const std::string parent =
        R"({"StartAt":"Go","States":{"Go":{"Type":"Task",)"
        R"("Resource":"arn:aws:states:::states:startExecution","Parameters":{)"
        R"("StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:child"},)"
        R"("End":true}}})";
    REQUIRE(theatre.create("child", kPass));
    REQUIRE(theatre.create("parent", parent));
    const auto begun = theatre.start("parent");
    REQUIRE(begun);
    const ExecutionId child{value_of(begun->id) + 1};
    // Something else may have started one for it, and say so in its input.
    const auto told = theatre.start(
        "child", R"({"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID":")" + begun->arn + "\"}");
    REQUIRE(told);

    const auto of_parent = overview(theatre, begun->id);
    REQUIRE(of_parent);
    REQUIRE((*of_parent)["children"].size() == 1);
    CHECK((*of_parent)["children"][0]["workflow"] == "child");
    CHECK((*of_parent)["children"][0]["status"] == "succeeded");
    CHECK((*of_parent)["children"][0]["run"] == value_of(child));
    for (const ExecutionId id : {child, told->id}) {
        const auto of_child = overview(theatre, id);
        REQUIRE(of_child);
        CHECK((*of_child)["parent"]["run"] == value_of(begun->id));
        CHECK((*of_child)["parent"]["arn"] == begun->arn);
    }
}
