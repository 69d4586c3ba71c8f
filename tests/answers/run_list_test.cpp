#include "api/runs/run_list.hpp"

#include <doctest/doctest.h>

#include "api/runs/run_histogram.hpp"
#include "tests/answers/theatre.hpp"

using namespace stepwell;
using namespace stepwell::test;
using namespace stepwell::api::answers;

namespace {

const std::string kTwoTasks = machine("V", task("V", R"("Next":"L")") + "," + task("L"));
const std::string kCatching =
    machine("A", task("A", R"("Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"}],"End":true)") +
                     "," + task("B"));
const std::string kRead =
    R"({"status":"success","type":"validate","rows":{"read":10,"good":9,"rejected":1}})";

Json list_of_runs(Theatre& theatre, const AskedRuns& asked = {}) {
    auto histories = theatre.histories(0);
    auto view = run_list_view(histories, theatre.gate.get(), theatre.clock.now(), asked);
    REQUIRE(view);
    return *std::move(view);
}

}  // namespace

TEST_CASE("a list tells of each run what it failed for, its rows, version and what is usual") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwoTasks));
    theatre.play("w", {{"V", {kRead}}, {"L", {"{}"}}});
    theatre.play("w", {{"V", {kRead}}, {"L", {"E_CONN: no route"}}});
    REQUIRE(theatre.start("w"));
    const Json list = list_of_runs(theatre);
    CHECK(list["complete"] == true);
    REQUIRE(list["items"].size() == 3);

    const Json& open = list["items"][0];
    CHECK(open["status"] == "running");
    CHECK(open["late"] == false);
    CHECK_FALSE(open.contains("failure"));
    const Json& bad = list["items"][1];
    CHECK(to_text(bad["failure"]) ==
          R"({"state":"L","definition_path":"L","error":"E_CONN","message":"no route","count":1})");
    CHECK(to_text(bad["rows"]) == R"({"read":10,"good":9,"rejected":1})");
    CHECK(bad["version"] == 1);
    CHECK_FALSE(bad.contains("late"));
    const Json& good = list["items"][2];
    CHECK(good["usual"]["p50_ms"] == 2'000);
    CHECK(good["against"] == 1.0);
    CHECK_FALSE(good.contains("failure"));
    CHECK_FALSE(good.contains("caught"));
}

TEST_CASE("of items that fail in one turn a list shows the one that came first") {
    Theatre theatre;
    REQUIRE(theatre.create(
        "w", machine("Each", R"("Each":{"Type":"Map","ItemsPath":"$.items","End":true,)"
                             R"("ItemProcessor":)" +
                                 machine("V", task("V")) + "}")));
    REQUIRE(theatre.start("w", R"({"items":[1,2,3,4,5,6]})"));
    // All end in one turn: each has failed before the Map can abort the others.
    for (std::size_t i = 0; i < theatre.runner.started.size(); ++i) {
        theatre.engine().failed(theatre.runner.started[i].token, "E_" + std::to_string(i), "a");
    }
    theatre.settle();
    const Json list = list_of_runs(theatre);
    CHECK(list["items"][0]["failure"]["error"] == "E_0");
    CHECK(list["items"][0]["failure"]["definition_path"] == "Each/V");
}

TEST_CASE("runs that caught a failure are told, and found") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kCatching));
    theatre.play("w", {{"A", {"{}"}}, {"B", {"{}"}}});
    const ExecutionId caught = theatre.play("w", {{"A", {"E_A: a"}}, {"B", {"{}"}}});
    AskedRuns asked;
    asked.query.has_caught = true;
    const Json list = list_of_runs(theatre, asked);
    REQUIRE(list["items"].size() == 1);
    CHECK(list["items"][0]["run"] == value_of(caught));
    CHECK(list["items"][0]["caught"] == 1);
}

TEST_CASE("a run that waits for a place says who holds it") {
    Theatre theatre;
    REQUIRE(theatre.put("w", machine("A", task("A")), R"({"concurrency":1})"));
    const auto first = theatre.start("w");
    const auto second = theatre.start("w");
    const Json list = list_of_runs(theatre);
    CHECK_FALSE(list["items"][1].contains("queued"));
    REQUIRE(list["items"][0].contains("queued"));
    CHECK(list["items"][0]["run"] == value_of(second->id));
    CHECK(list["items"][0]["queued"]["holders"][0]["run"] == value_of(first->id));
}

TEST_CASE("a histogram has each run that fits in the interval of its start") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwoTasks));
    REQUIRE(theatre.create("other", kTwoTasks));
    const Timestamp begin = theatre.clock.now();
    theatre.play("w", {{"V", {"{}"}}, {"L", {"{}"}}});
    theatre.play("w", {{"V", {"E_A: a"}}});
    theatre.advance(std::chrono::hours(1));
    theatre.play("other", {{"V", {"{}"}}, {"L", {"{}"}}});
    REQUIRE(theatre.start("w"));
    AskedRuns asked;
    asked.query.started_from = begin;
    asked.query.started_until = begin + std::chrono::hours(2);
    const auto view = run_histogram_view(theatre.reader(), theatre.clock.now(), asked, 2);
    REQUIRE(view);
    CHECK((*view)["count"] == 4);
    CHECK((*view)["exact"] == true);
    CHECK((*view)["counted_from"].is_null());
    CHECK((*view)["from"] == to_iso8601(begin));
    CHECK(to_text((*view)["items"][0]) ==
          R"({"succeeded":1,"failed":1,"timed_out":0,"aborted":0,"running":0})");
    CHECK(to_text((*view)["items"][1]) ==
          R"({"succeeded":1,"failed":0,"timed_out":0,"aborted":0,"running":1})");
    asked.query.workflows = {"w"};
    asked.query.statuses = {core::Status::failed};
    const auto few = run_histogram_view(theatre.reader(), theatre.clock.now(), asked, 2);
    CHECK((*few)["count"] == 1);
    asked.query.started_from.reset();
    asked.query.started_until.reset();
    CHECK((*run_histogram_view(theatre.reader(), theatre.clock.now(), asked, 3))["count"] == 1);
}
