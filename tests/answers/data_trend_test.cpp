#include "api/workflows/data_trend.hpp"

#include <doctest/doctest.h>

#include "tests/answers/theatre.hpp"

using namespace stepwell;
using namespace stepwell::test;
using namespace stepwell::api::answers;

namespace {

std::string envelope(const std::string& status, int read, int rejected,
                     const std::string& more = "") {
    return R"({"status":")" + status + R"(","type":"validate","rows":{"read":)" +
           std::to_string(read) + R"(,"good":)" + std::to_string(read - rejected) +
           R"(,"rejected":)" + std::to_string(rejected) + "}" + more + "}";
}

const std::string kChecked =
    R"(,"checks":[{"name":"range","column":"delay","status":"warn","failed":3},)"
    R"({"name":"row_count","status":"pass","failed":0}])";
const std::string kBroken =
    R"(,"checks":[{"name":"range","column":"delay","status":"fail","failed":9}])";
const std::string kWritten = R"(,"outputs":[{"uri":"wh.raw.flights","rows":90}])";

const std::string kValidateLoad =
    machine("V", task("V", R"("Next":"L")") + "," + task("L", R"("End":true)"));

Json trend(Theatre& theatre, std::size_t limit = 30) {
    auto histories = theatre.histories(0);
    auto view = data_trend_view(histories, {"w", limit, {}});
    REQUIRE(view);
    return *std::move(view);
}

Json tables(Theatre& theatre) {
    auto histories = theatre.histories(0);
    Json page{{"items", Json::array({{{"workflow", "w"}}})}};
    REQUIRE(add_tables(histories, theatre.clock.now(), page));
    CHECK(page["complete"] == true);
    return page["items"][0]["tables"];
}

}  // namespace

TEST_CASE("a trend has the rows and the checks of each run's data tasks, newest first") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kValidateLoad));
    theatre.play("w", {{"V", {envelope("warn", 100, 10, kChecked)}},
                       {"L", {envelope("success", 90, 0, kWritten)}}});
    theatre.play("w", {{"V", {"E_QUALITY: " + envelope("failed", 50, 9, kBroken)}}});
    REQUIRE(theatre.start("w"));  // goes on: it is no part of it
    const Json view = trend(theatre);
    CHECK(view["complete"] == true);
    REQUIRE(view["items"].size() == 2);
    const Json& bad = view["items"][0];
    CHECK(bad["status"] == "failed");
    REQUIRE(bad["tasks"].size() == 1);
    CHECK(bad["tasks"][0]["status"] == "failed");
    CHECK(to_text(bad["tasks"][0]["checks"][0]) ==
          R"({"name":"range","column":"delay","status":"fail","passed":0,"warned":0,"failed":1,)"
          R"("skipped":0,"violations":9})");
    const Json& good = view["items"][1];
    REQUIRE(good["tasks"].size() == 2);
    CHECK(good["tasks"][0]["definition_path"] == "V");
    CHECK(good["tasks"][0]["task"] == "validate");
    CHECK(good["tasks"][0]["status"] == "warn");
    CHECK(good["tasks"][0]["rows"]["rejected"] == 10);
    CHECK(good["tasks"][0]["checks"].size() == 2);
    CHECK(good["tasks"][0]["checks"][1]["column"].is_null());
    const Json first = trend(theatre, 1);
    CHECK(first["items"].size() == 1);
    CHECK(first.contains("next"));
}

TEST_CASE("what the items of a Map said is taken together by state") {
    Theatre theatre;
    REQUIRE(theatre.create(
        "w", machine("Each", R"("Each":{"Type":"Map","ItemsPath":"$.items","End":true,)"
                             R"("ItemProcessor":)" +
                                 machine("V", task("V")) + "}")));
    theatre.play("w",
                 {{"V", {envelope("success", 10, 1, kChecked), envelope("warn", 20, 2, kChecked)}}},
                 R"({"items":[1,2,3]})");
    const Json view = trend(theatre);
    const Json& task = view["items"][0]["tasks"][0];
    CHECK(task["definition_path"] == "Each/V");
    CHECK(task["results"] == 3);
    CHECK(task["status"] == "warn");
    CHECK(to_text(task["rows"]) == R"({"good":45,"read":50,"rejected":5})");
    CHECK(task["checks"][0]["warned"] == 3);
    CHECK(task["checks"][0]["violations"] == 9);
}

TEST_CASE("a table is told with the run that has written it last, and those that have not since") {
    Theatre theatre;
    REQUIRE(theatre.create("w", kValidateLoad));
    theatre.play(
        "w", {{"V", {envelope("success", 1, 0)}}, {"L", {envelope("success", 90, 0, kWritten)}}});
    const ExecutionId second = theatre.play(
        "w", {{"V", {envelope("success", 1, 0)}}, {"L", {envelope("success", 90, 0, kWritten)}}});
    const Timestamp written = theatre.clock.now();
    theatre.play("w", {{"V", {"E_QUALITY: " + envelope("failed", 50, 9, kWritten)}}});
    theatre.advance(std::chrono::hours(1));
    const Json found = tables(theatre);
    REQUIRE(found.size() == 1);
    CHECK(found[0]["uri"] == "wh.raw.flights");
    CHECK(found[0]["run"] == value_of(second));
    CHECK(found[0]["rows"] == 90);
    CHECK(found[0]["at"] == to_iso8601(written));
    CHECK(found[0]["age_ms"] == (theatre.clock.now() - written).count());
    CHECK(found[0]["later_runs"] == 1);
}

TEST_CASE("what an older Stepwell did not note is not told as nothing") {
    const Timestamp begin = from_ms(1'000);
    journal::RunRow row;
    row.details =
        R"({"states":[{"name":"V","path":"V","entered":1,"results":1},{"name":"P","path":"P","entered":1,"results":0}]})";
    runtime::ExecutionSummary run;
    run.started_at = begin;
    const auto digest = digest_in(run, row);
    REQUIRE(digest);
    CHECK_FALSE(digest->states[0].data.is_known);
    CHECK(digest->states[1].data.is_known);
}

TEST_CASE("a tally keeps so many checks and outputs, and says where there were more") {
    DataTally tally;
    Json said{{"status", "success"}, {"checks", Json::array()}, {"outputs", Json::array()}};
    for (std::size_t i = 0; i < kDataChecksMax + 1; ++i) {
        said["checks"].push_back({{"name", "c" + std::to_string(i)}, {"status", "pass"}});
    }
    for (std::size_t i = 0; i < kDataOutputsMax; ++i) {
        said["outputs"].push_back({{"uri", "t" + std::to_string(i)}, {"rows", 1}});
    }
    const Timestamp at = from_ms(5'000);
    tally.add(said, at);
    CHECK(tally.checks.size() == kDataChecksMax);
    CHECK(tally.outputs.size() == kDataOutputsMax);
    CHECK_FALSE(tally.is_whole);
    const DataTally back = data_tally_in(to_details(tally, from_ms(1'000)), from_ms(1'000));
    CHECK(back.checks.size() == kDataChecksMax);
    CHECK(back.checks[7].name == "c7");
    CHECK(back.outputs[3].uri == "t3");
    CHECK(back.outputs[3].at == at);
    CHECK_FALSE(back.is_whole);
}
