#include <doctest/doctest.h>

#include "api/home/failures.hpp"
#include "api/home/home.hpp"
#include "api/read/views.hpp"
#include "api/runs/map.hpp"
#include "api/runs/results.hpp"
#include "api/workflows/figures.hpp"
#include "api/workflows/grid.hpp"
#include "tests/answers/theatre.hpp"

using namespace stepwell;
using namespace stepwell::test;
using namespace stepwell::api::answers;

namespace {

const std::string kTwo = machine("V", task("V", R"("Next":"L")") + "," + task("L"));
const std::string kEnvelope =
    R"({"status":"success","type":"validate","rows":{"read":10,"good":9,"rejected":1},)"
    R"("checks":[{"name":"c","status":"warn","samples":[{"line":1,"value":"secret"}]}]})";
const std::string kLoaded =
    R"({"status":"success","type":"load","rows":{"read":9,"inserted":9,"rejected":0}})";

const Script kGood{{"V", {kEnvelope}}, {"L", {kLoaded}}};
const Script kBad{{"V", {kEnvelope}}, {"L", {"E_CONN: no route to 10.0.0.1"}}};

std::string numbers(const Json& list) {
    std::string out;
    for (const Json& one : list) out += to_text(one);
    return out;
}

}  // namespace

TEST_CASE("a digest is kept until its history grows, and no more is kept than the bound allows") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    const DigestPtr first = theatre.digest(theatre.play("w", kGood));
    CHECK(theatre.cache.find(first->summary.id, first->summary.revision) == first);
    CHECK_FALSE(theatre.cache.find(first->summary.id, first->summary.revision + 1));
    CHECK_FALSE(theatre.cache.find(first->summary.id, first->summary.revision));

    DigestCache small(first->bytes() * 2);
    small.put(first);
    const DigestPtr second = theatre.digest(theatre.play("w", kGood));
    small.put(second);
    small.put(theatre.digest(theatre.play("w", kGood)));
    CHECK(small.bytes() <= first->bytes() * 2);
    CHECK_FALSE(small.find(first->summary.id, first->summary.revision));
    CHECK(small.find(second->summary.id, second->summary.revision));
}

TEST_CASE("what is usual is read out of run rows: it needs no history") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    for (int i = 0; i < 3; ++i) theatre.play("w", kGood);
    auto none = theatre.histories(0);
    const auto usual = usual_of(none, "w");
    REQUIRE(usual);
    CHECK(usual->is_complete);
    CHECK(usual->run.count == 3);
    CHECK(usual->states.at("L").p50 == std::chrono::seconds(1));
}

TEST_CASE("an answer reads no more histories of runs that go on than its allowance, and says so") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    for (int i = 0; i < 3; ++i) REQUIRE(theatre.start("w"));
    GridQuery query;
    query.workflow = "w";
    auto few = theatre.histories(2);
    CHECK((*grid_view(few, query))["complete"] == false);
    auto more = theatre.histories(1);  // two of them are kept
    CHECK((*grid_view(more, query))["complete"] == true);
}

TEST_CASE(
    "a workflow at a glance: its last runs, what is usual, what runs, and when it starts next") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    REQUIRE(theatre.create("quiet", kTwo));
    theatre.play("w", kGood);
    theatre.play("w", kBad);
    REQUIRE(theatre.start("w"));
    auto histories = theatre.histories();
    Json page = *workflow_names_view(histories.reader());
    FiguresQuery query;
    query.now = theatre.clock.now();
    REQUIRE(add_figures(histories, query, page));
    REQUIRE(page["items"].size() == 2);
    const Json& quiet = page["items"][0];
    CHECK(quiet["workflow"] == "quiet");
    CHECK((quiet["runs"].empty() && quiet["duration"].is_null() && quiet["next_fire"].is_null()));
    const Json& busy = page["items"][1];
    REQUIRE(busy["runs"].size() == 3);
    CHECK(busy["runs"][0]["run"] == 1);
    CHECK(busy["runs"][2]["status"] == "running");
    CHECK((busy["succeeded"] == 1 && busy["failed"] == 1 && busy["running"] == 1));
    CHECK(busy["duration"]["count"] == 1);
    CHECK(busy["paused"] == false);
    query.runs = 2;
    REQUIRE(add_figures(histories, query, page));
    CHECK(page["items"][1]["runs"].size() == 2);
}

TEST_CASE("the rows of a run are those of the tasks that read most, whichever came first") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    theatre.play("w", {{"V", {R"({"type":"load","rows":{"read":3,"rejected":0}})"}},
                       {"L", {R"({"type":"validate","rows":{"read":500,"rejected":2}})"}}});
    auto histories = theatre.histories();
    GridQuery query;
    query.workflow = "w";
    const auto grid = grid_view(histories, query);
    REQUIRE(grid);
    CHECK((*grid)["runs"][0]["rows"]["read"] == 500);
    CHECK((*grid)["runs"][0]["rows"]["rejected"] == 2);
}

TEST_CASE("the grid shows states by runs, the newest at the right edge") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    theatre.play("w", kGood);
    theatre.play("w", kBad);
    theatre.play("w", {{"V", {"E_A: a"}}});
    auto histories = theatre.histories();
    GridQuery query;
    query.workflow = "w";
    const auto grid = grid_view(histories, query);
    REQUIRE(grid);
    REQUIRE((*grid)["runs"].size() == 3);
    CHECK((*grid)["runs"][0]["run"] == 1);
    CHECK((*grid)["runs"][0]["rows"]["read"] == 10);
    CHECK((*grid)["runs"][0]["rows"]["rejected"] == 1);
    CHECK((*grid)["runs"][2]["status"] == "failed");
    REQUIRE((*grid)["states"].size() == 2);
    const Json& validate = (*grid)["states"][0]["cells"];
    CHECK(validate[0]["status"] == "succeeded");
    CHECK(validate[2]["status"] == "failed");
    const Json& load = (*grid)["states"][1]["cells"];
    CHECK(load[1]["status"] == "failed");
    CHECK(load[2].is_null());
    CHECK((*grid)["states"][1]["usual"]["p50_ms"] == 1'000);
    CHECK(to_text((*grid)["versions"]) == R"([{"number":1,"run":1}])");

    query.last = 2;
    const auto page = grid_view(histories, query);
    REQUIRE(page);
    CHECK((*page)["runs"][0]["run"] == 2);
    query.until = (*page)["next"].get<std::string>();
    const auto before = grid_view(histories, query);
    REQUIRE(before);
    CHECK((*before)["runs"].size() == 1);
}

TEST_CASE("failures are grouped by their cause, with successes of the same state beside them") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    REQUIRE(theatre.create("other", kTwo));
    const Timestamp begin = theatre.clock.now();
    theatre.play("other", kGood);
    theatre.play("w", kBad);
    theatre.advance(std::chrono::hours(1));
    theatre.play("w", kGood);
    theatre.advance(std::chrono::hours(1));
    theatre.play("w", {{"V", {"{}"}}, {"L", {"E_CONN: no route to 10.9.9.9"}}});
    theatre.play("w", {{"V", {"E_A: a"}}});
    theatre.advance(std::chrono::hours(2));

    auto histories = theatre.histories();
    FailuresQuery query;
    query.span = {begin, begin + std::chrono::hours(4)};
    query.intervals = 4;
    const auto view = failures_view(histories, query);
    REQUIRE(view);
    CHECK((*view)["complete"] == true);
    REQUIRE((*view)["items"].size() == 2);
    const Json& newest = (*view)["items"][0];
    CHECK(newest["state"] == "V");
    CHECK(newest["condition"] == "new");
    CHECK(numbers(newest["successes"]) == "0100");
    const Json& load = (*view)["items"][1];
    CHECK(load["cause"] == "no route to ‹n›");
    CHECK(load["message"] == "no route to 10.9.9.9");
    CHECK(load["condition"] == "came_back");
    CHECK(load["count"] == 2);
    CHECK(numbers(load["occurrences"]) == "1010");
    CHECK(numbers(load["successes"]) == "0100");
    CHECK(numbers(load["runs"]) == "42");
    CHECK(load["last_run"]["run"] == 4);

    theatre.clock.set(begin + std::chrono::hours(3));
    theatre.play("w", kGood);
    auto again = theatre.histories();
    const auto later = failures_view(again, query);
    REQUIRE(later);
    for (const Json& group : (*later)["items"]) CHECK(group["condition"] == "recovered");
}

TEST_CASE("failures are counted whole, however many there are, and whatever was read before") {
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("V", task("V"))));
    const Timestamp begin = theatre.clock.now();
    for (int i = 0; i < 1'200; ++i) {
        theatre.play("w", {{"V", {"E_A: row " + std::to_string(i) + " is bad"}}});
    }
    auto histories = theatre.histories(0);
    FailuresQuery query;
    query.span = {begin, theatre.clock.now() + Duration(1)};
    const auto view = failures_view(histories, query);
    REQUIRE(view);
    CHECK((*view)["complete"] == true);
    REQUIRE((*view)["items"].size() == 1);
    const Json& group = (*view)["items"][0];
    CHECK(group["count"] == 1'200);
    CHECK(group["first_at"] == to_iso8601(begin));
    CHECK(group["runs"][0] == 1'200);
    CHECK(group["condition"] == "still_failing");
}

TEST_CASE("a failure whose run was redriven and went well still counts, as recovered") {
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("V", task("V"))));
    const Timestamp begin = theatre.clock.now();
    const ExecutionId run = theatre.play("w", {{"V", {"E_A: a"}}});
    const auto redriven = theatre.answer_of<runtime::Redriven>([&](auto answer) {
        theatre.engine().redrive_execution({run, "", nullptr}, answer);
    });
    REQUIRE(redriven);
    auto meanwhile = theatre.journal().run_rows({run});
    REQUIRE(meanwhile);
    CHECK(meanwhile->empty());
    theatre.succeed("{}");
    CHECK(theatre.outcome(run).starts_with("SUCCEEDED"));

    auto histories = theatre.histories(0);
    FailuresQuery query;
    query.span = {begin, theatre.clock.now() + Duration(1)};
    const auto view = failures_view(histories, query);
    REQUIRE(view);
    REQUIRE((*view)["items"].size() == 1);
    CHECK((*view)["items"][0]["count"] == 1);
    CHECK((*view)["items"][0]["condition"] == "recovered");
}

TEST_CASE("late runs are found, however many run that were started after them") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    const Timestamp begin = theatre.clock.now();
    for (int i = 0; i < 2; ++i) theatre.play("w", kGood);
    const auto late = theatre.start("w");
    REQUIRE(late);
    theatre.clock.advance(std::chrono::hours(2));
    for (int i = 0; i < 120; ++i) REQUIRE(theatre.start("w"));
    auto histories = theatre.histories();
    HomeQuery query;
    query.span = {begin, theatre.clock.now() + Duration(1)};
    query.now = theatre.clock.now();
    const auto home = home_view(histories, query);
    REQUIRE(home);
    CHECK((*home)["tiles"]["running"]["count"] == 121);
    CHECK((*home)["tiles"]["late"]["count"] == 1);
    CHECK((*home)["running"].size() == 50);
    CHECK((*home)["running"][0]["run"] == value_of(late->id));
    CHECK((*home)["running"][0]["late"] == true);
    CHECK((*home)["complete"] == true);
}

TEST_CASE("home counts what ended in the span, and names what goes on for longer than usual") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    REQUIRE(theatre.create("sleeper", kWait));
    const Timestamp begin = theatre.clock.now();
    for (int i = 0; i < 2; ++i) theatre.play("w", kGood);
    theatre.play("w", kBad);
    REQUIRE(theatre.start("w"));
    REQUIRE(theatre.start("sleeper"));
    theatre.clock.advance(std::chrono::seconds(30));

    auto histories = theatre.histories();
    HomeQuery query;
    query.span = {begin, theatre.clock.now()};
    query.now = theatre.clock.now();
    query.intervals = 2;
    const auto home = home_view(histories, query);
    REQUIRE(home);
    const auto tile = [&](const std::string& name) {
        return (*home)["tiles"][name]["count"].get<int>();
    };
    CHECK(tile("succeeded") == 2);
    CHECK(tile("failed") == 1);
    CHECK(tile("running") == 2);
    CHECK(tile("late") == 1);
    CHECK(tile("waiting") == 1);
    CHECK((*home)["tiles"]["failed"]["worst"][0]["workflow"] == "w");
    CHECK((*home)["running"][0]["workflow"] ==
          "sleeper");  // 30 s with no usual, against 28 s over it
    CHECK((*home)["running"][1]["late"] == true);
    CHECK((*home)["running"][1]["open"][0]["path"] == "V");
    CHECK((*home)["causes"][0]["state"] == "L");
    CHECK((*home)["outcomes"][0]["succeeded"] == 2);
    CHECK((*home)["complete"] == true);
}

TEST_CASE("results are given by run, and the latest of each task") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kTwo));
    theatre.play("w", kGood);
    const ExecutionId second = theatre.play("w", kBad);
    auto histories = theatre.histories();
    const auto of_run = results_view(histories.reader(), second, "", Samples::shown);
    REQUIRE(of_run);
    REQUIRE((*of_run)["items"].size() == 1);
    CHECK((*of_run)["items"][0]["task"] == "validate");
    CHECK((*of_run)["items"][0]["result"]["rows"]["good"] == 9);
    CHECK(to_text(*of_run).find("secret") != std::string::npos);
    const auto hidden = results_view(histories.reader(), second, "V", Samples::hidden);
    REQUIRE(hidden);
    CHECK(to_text(*hidden).find("secret") == std::string::npos);

    const auto latest = latest_results_view(histories, "w", Samples::shown);
    REQUIRE(latest);
    REQUIRE((*latest)["items"].size() == 2);
    CHECK((*latest)["items"][0]["state"] == "V");
    CHECK((*latest)["items"][0]["run"] == 2);
    CHECK((*latest)["items"][0]["later_runs"] == 0);
    CHECK((*latest)["items"][1]["state"] == "L");
    CHECK((*latest)["items"][1]["run"] == 1);
    CHECK((*latest)["items"][1]["later_runs"] == 1);
}

TEST_CASE("a result within Maps says of which items, the outermost first") {
    Theatre theatre;
    REQUIRE(theatre.create(
        "w", machine("Each", R"("Each":{"Type":"Map","ItemsPath":"$.items","End":true,)"
                             R"("ItemProcessor":)" +
                                 machine("V", task("V")) + "}")));
    const std::string good = R"({"type":"validate","status":"success","rows":{"read":1}})";
    const ExecutionId run = theatre.play("w", {{"V", {good, good}}}, R"({"items":[1,2]})");
    auto histories = theatre.histories();
    const auto results = results_view(histories.reader(), run, "", Samples::shown);
    REQUIRE(results);
    REQUIRE((*results)["items"].size() == 2);
    CHECK(to_text((*results)["items"][1]["items"]) == R"([{"state":"Each","index":1}])");
}

TEST_CASE("a Map is counted by status, whole and in buckets of items") {
    Theatre theatre;
    REQUIRE(theatre.create(
        "w", machine("Each", R"("Each":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":1,)"
                             R"("End":true,"ItemProcessor":)" +
                                 machine("V", task("V")) + "}")));
    const ExecutionId run =
        theatre.play("w", {{"V", {"{}", "{}", "E_A: a"}}}, R"({"items":[1,2,3,4,5]})");
    auto histories = theatre.histories();
    MapQuery query;
    query.state = "Each";
    query.buckets = 3;
    const auto view = map_view(histories.reader(), run, query);
    REQUIRE(view);
    CHECK((*view)["total"] == 5);
    CHECK(to_text((*view)["counts"]) == R"({"succeeded":2,"failed":1,"not_reached":2})");
    CHECK(to_text((*view)["buckets"]) ==
          R"([{"from":0,"to":2,"counts":{"succeeded":2}},)"
          R"({"from":2,"to":4,"counts":{"failed":1,"not_reached":1}},)"
          R"({"from":4,"to":5,"counts":{"not_reached":1}}])");
    CHECK(to_text((*view)["failed"]) == "[2]");
    CHECK((*view)["duration"]["p50_ms"] == 1'000);
    query.state = "V";
    CHECK_FALSE(map_view(histories.reader(), run, query));
}

TEST_CASE("the items of a Map come one by one, in pages and by status") {
    Theatre theatre;
    REQUIRE(theatre.create(
        "w", machine("Each", R"("Each":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":1,)"
                             R"("End":true,"ItemProcessor":)" +
                                 machine("V", task("V")) + "}")));
    const ExecutionId run =
        theatre.play("w", {{"V", {"{}", "{}", "E_A: a"}}}, R"({"items":[1,2,3,4,5]})");
    runtime::Reader& reader = theatre.reader();
    MapItemsQuery query;
    query.state = "Each";
    query.limit = 2;
    std::string seen;
    for (bool is_more = true; is_more;) {
        const auto page = map_items_view(reader, run, query);
        REQUIRE(page);
        CHECK((*page)["total"] == 5);
        for (const Json& item : (*page)["items"]) {
            seen += to_text(item["item"]) + " " + item["status"].get<std::string>() + ", ";
        }
        seen += "| ";
        is_more = page->contains("next");
        if (is_more) query.after = std::stoul((*page)["next"].get<std::string>());
    }
    CHECK(seen == "0 succeeded, 1 succeeded, | 2 failed, 3 not_reached, | 4 not_reached, | ");
    query.after = 0;
    query.status = "failed";
    const auto failed = map_items_view(reader, run, query);
    REQUIRE((*failed)["items"].size() == 1);
    CHECK((*failed)["items"][0]["at"] == "Each[2] / V");
    CHECK((*failed)["items"][0]["error"] == "E_A");
    CHECK((*failed)["items"][0]["duration_ms"] == 1'000);
    CHECK_FALSE(failed->contains("next"));
    query.state = "V";
    CHECK(map_items_view(reader, run, query).error().code == ErrorCode::not_found);
}

TEST_CASE("an entry of a state has its attempts, with when each could begin, began and ended") {
    Theatre theatre;
    REQUIRE(theatre.create(
        "w", machine("A", task("A", R"("Retry":[{"ErrorEquals":["E_A"],"IntervalSeconds":5}],)"
                                    R"("End":true)"))));
    const ExecutionId run = theatre.play("w", {{"A", {"E_A: a", "{}"}}});
    api::StatesQuery query;
    const auto view = api::states_view(theatre.reader(), std::to_string(value_of(run)), query);
    REQUIRE(view);
    REQUIRE((*view)["items"].size() == 1);
    const Json& attempts = (*view)["items"][0]["attempts"];
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[0]["status"] == "failed");
    CHECK(attempts[0]["error"] == "E_A");
    CHECK(attempts[1]["status"] == "succeeded");
    CHECK_FALSE(attempts[1].contains("error"));
    const auto at = [](const Json& time) {
        return parse_rfc3339(time.get<std::string>())->seconds;
    };
    CHECK(at(attempts[0]["ended_at"]) - at(attempts[0]["started_at"]) == 1);
    CHECK(at(attempts[1]["scheduled_at"]) - at(attempts[0]["ended_at"]) == 5);
    CHECK((*view)["items"][0]["retries"] == 1);
}

TEST_CASE("an attempt that was cut off, or waits for a place, says so") {
    Theatre theatre;
    REQUIRE(theatre.put("w", machine("A", task("A")), R"({"concurrency":1})"));
    const auto first = theatre.start("w");
    const auto second = theatre.start("w");
    const auto attempt_of = [&](ExecutionId run) {
        const auto view = api::states_view(theatre.reader(), std::to_string(value_of(run)), {});
        REQUIRE(view);
        return (*view)["items"][0]["attempts"][0];
    };
    CHECK(attempt_of(first->id)["status"] == "running");
    CHECK(attempt_of(first->id).contains("started_at"));
    CHECK_FALSE(attempt_of(second->id).contains("started_at"));
    theatre.engine().stop_execution(first->id, {}, [](const auto&) {});
    theatre.settle();
    CHECK(attempt_of(first->id)["status"] == "aborted");
    CHECK(attempt_of(first->id).contains("ended_at"));
    CHECK(attempt_of(second->id).contains("started_at"));
}

TEST_CASE("entries of states come in pages, and by place and status") {
    Theatre theatre;
    REQUIRE(theatre.create(
        "w", machine("Each", R"("Each":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":1,)"
                             R"("End":true,"ItemProcessor":)" +
                                 machine("V", task("V")) + "}")));
    const ExecutionId run = theatre.play("w", {{"V", {"{}", "E_A: a"}}}, R"({"items":[1,2]})");
    const std::string number = std::to_string(value_of(run));
    api::StatesQuery query;
    query.limit = 2;
    const auto first = api::states_view(theatre.reader(), number, query);
    REQUIRE(first);
    CHECK((*first)["items"].size() == 2);
    query.after = std::stoul((*first)["next"].get<std::string>());
    const auto rest = api::states_view(theatre.reader(), number, query);
    CHECK((*rest)["items"].size() == 1);
    CHECK_FALSE(rest->contains("next"));
    api::StatesQuery failed;
    failed.definition_path = "Each/V";
    failed.status = "failed";
    const auto one = api::states_view(theatre.reader(), number, failed);
    REQUIRE((*one)["items"].size() == 1);
    CHECK((*one)["items"][0]["path"] == "Each[1] / V");
    api::StatesQuery whole;
    whole.path = "Each[0] / V";
    CHECK((*api::states_view(theatre.reader(), number, whole))["items"].size() == 1);
}
