// The redrive plan: what would run, what stays, how long it takes, whether inputs have changed.
#include <doctest/doctest.h>

#include "api/runs/redrive_plan.hpp"
#include "tests/answers/theatre.hpp"

using namespace stepwell;
using namespace stepwell::test;
using namespace stepwell::api::answers;

namespace {

Json plan(Theatre& theatre, ExecutionId run, InputProbe probe = nullptr) {
    auto histories = theatre.histories();
    const auto view =
        redrive_plan_view(histories, run, {{}, theatre.clock.now(), std::move(probe)});
    REQUIRE(view);
    return *view;
}

std::string inputs_of(const Json& plan) {
    std::string text;
    for (const Json& input : plan["inputs"]) {
        text += input["uri"].get<std::string>() + " " + input["is"].get<std::string>() + "; ";
    }
    return text;
}

const std::string kMap = machine("M", R"("M":{"Type":"Map","Next":"L","ItemProcessor":)" +
                                          machine("V", task("V")) + "}," + task("L"));

}  // namespace

TEST_CASE("a plan names what runs again, what stays, and how long it usually takes") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kMap));
    theatre.play("w", {{"V", {"{}"}}, {"L", {"{}"}}}, "[1,2,3]");
    const ExecutionId failed =
        theatre.play("w", {{"V", {"{}", "E_A: a", "{}"}}, {"L", {"{}"}}}, "[1,2,3]");
    const Json view = plan(theatre, failed);
    CHECK(view["redrivable"] == true);
    REQUIRE(view["again"].size() == 2);
    CHECK(view["again"][0]["path"] == "M[1] / V");
    CHECK(view["again"][0]["definition_path"] == "M/V");
    CHECK(view["again"][0]["begun"] == true);
    CHECK(view["again"][0]["usual"]["count"] == 3);
    CHECK(view["again"][1]["path"] == "M[2] / V");
    REQUIRE(view["lanes"].size() == 1);
    CHECK((view["lanes"][0]["kept"] == 1 && view["lanes"][0]["again"] == 2));
    CHECK((view["lanes"][0]["new"] == 0 && view["lanes"][0]["total"] == 3));
    CHECK(view["keeps"].dump() == R"([{"definition_path":"M/V","type":"Task","count":1}])");
    // The iterations go side by side, each as long as the median of V (1, 2 and 3 s), then L.
    CHECK(view["estimate"]["time_ms"] == 3'000);
    CHECK(view["estimate"]["complete"] == true);
    CHECK((view["version"]["number"] == 1 && view["version"]["newest"] == 1));
}

TEST_CASE("a state that never succeeded is named, and counts nothing") {
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("A", task("A"))));
    const ExecutionId failed = theatre.play("w", {{"A", {"E_A: a"}}});
    const Json view = plan(theatre, failed);
    CHECK(view["estimate"].dump() == R"({"time_ms":0,"complete":false,"unknown":["A"]})");
    CHECK(view["inputs_are_the_same"].is_null());
}

TEST_CASE("inputs are not said to be the same where a result did not name them all") {
    std::string inputs;
    for (int i = 0; i < 100; ++i) {
        inputs += (i == 0 ? "" : ",") + std::string(R"({"uri":"f)") + std::to_string(i) +
                  R"(","etag":"1"})";
    }
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("A", task("A"))));
    const ExecutionId failed = theatre.play(
        "w",
        {{"A", {R"(E_QUALITY: {"status":"failed","rows":{"read":1},"inputs":[)" + inputs + "]}"}}});
    const auto same = [](const std::string&) { return InputNow{InputNow::State::there, "1"}; };
    CHECK(plan(theatre, failed, same)["inputs_are_the_same"].is_null());
    const auto changed = [](const std::string&) { return InputNow{InputNow::State::there, "2"}; };
    CHECK(plan(theatre, failed, changed)["inputs_are_the_same"] == false);
}

TEST_CASE("inputs are held against what they are now") {
    const std::string envelope =
        R"(E_QUALITY: {"status":"failed","rows":{"read":1},"inputs":[{"uri":"a","etag":"1"},)"
        R"({"uri":"b","etag":"2"}]})";
    struct Case {
        std::string a;
        std::string b;
        std::string want;
        Json verdict;
    };
    const std::vector<Case> cases = {
        {"1", "2", "a same; b same; ", true},        {"1", "3", "a same; b changed; ", false},
        {"1", "", "a same; b gone; ", false},        {"1", "?", "a same; b unknown; ", nullptr},
        {"?", "3", "a unknown; b changed; ", false},
    };
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("A", task("A"))));
    const ExecutionId failed = theatre.play("w", {{"A", {envelope}}});
    for (const Case& c : cases) {
        CAPTURE(c.want);
        const Json view = plan(theatre, failed, [&](const std::string& uri) -> InputNow {
            const std::string etag = uri == "a" ? c.a : c.b;
            if (etag == "?") return {};
            if (etag.empty()) return {InputNow::State::gone, ""};
            return {InputNow::State::there, etag};
        });
        CHECK(inputs_of(view) == c.want);
        CHECK(view["inputs_are_the_same"] == c.verdict);
    }
}

TEST_CASE("a run that may not be redriven has a reason and nothing else") {
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("A", task("A"))));
    const ExecutionId good = theatre.play("w", {{"A", {"{}"}}});
    const Json view = plan(theatre, good);
    CHECK(view["redrivable"] == false);
    CHECK(view["reason"] == "Execution is SUCCEEDED and cannot be redriven");
    CHECK_FALSE(view.contains("runs"));
}

TEST_CASE("a newer version is shown with its difference; the run keeps its own") {
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("A", task("A"))));
    const ExecutionId failed = theatre.play("w", {{"A", {"E_A: a"}}});
    runtime::WorkflowUpdate update;
    update.definition = machine("A", task("A", R"("TimeoutSeconds":9,"End":true)"));
    REQUIRE(theatre.answer_of<runtime::WorkflowStatus>(
        [&](auto answer) { theatre.engine().update_workflow("w", update, answer); }));
    const Json version = plan(theatre, failed)["version"];
    CHECK((version["number"] == 1 && version["newest"] == 2));
    CHECK(version["difference"]["changed"][0]["state"] == "A");
}

TEST_CASE("a redriven run's states are told once, and go on") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kMap));
    const ExecutionId run =
        theatre.play("w", {{"V", {"{}", "E_A: a", "{}"}}, {"L", {"{}"}}}, "[1,2]");
    REQUIRE(theatre.answer_of<runtime::Redriven>([&](auto answer) {
        theatre.engine().redrive_execution({run, "", nullptr}, answer);
    }));
    theatre.succeed("{}");
    theatre.succeed("{}");
    CHECK(theatre.outcome(run) == "SUCCEEDED {}");
    const auto digest = theatre.digest(run);
    CHECK(digest->find("M")->outcome() == "succeeded");
    CHECK(digest->find("M/V")->entered == 2);
    CHECK(digest->find("M/V")->outcomes.at("succeeded") == 2);
    CHECK(digest->failures.empty());
}
