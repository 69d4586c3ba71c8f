// Rows that validate tasks put aside: which files of a run have them, and who sees their values.
#include "api/runs/rejected.hpp"

#include <doctest/doctest.h>

#include "tests/answers/theatre.hpp"

using namespace stepwell;
using namespace stepwell::test;
using namespace stepwell::api;
using namespace stepwell::api::answers;

TEST_CASE("the files of rejected rows are those that the results of the run name") {
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("V", task("V", R"("Next":"L")") + "," + task("L"))));
    const ExecutionId run = theatre.play(
        "w",
        {{"V",
          {R"({"status":"warn","type":"validate","rows":{"read":9,"rejected":2},)"
           R"("quarantine":{"uri":"lake://q/bad.parquet","rows":2,"masked":["Email"]}})"}},
         {"L", {R"({"status":"success","type":"load","rows":{"read":7},"quarantine":null})"}}});
    auto histories = theatre.histories();
    StateTracker tracker;
    const auto events = histories.reader().events(run);
    REQUIRE(events);
    tracker.take(*events);
    const auto sources = rejected_sources(tracker.rows());
    REQUIRE(sources.size() == 1);
    CHECK(sources[0].path == "V");
    CHECK(sources[0].uri == "lake://q/bad.parquet");
    CHECK(sources[0].rows == 2);
    CHECK(sources[0].masked == std::vector<std::string>{"Email"});
    CHECK_FALSE(sources[0].is_kept);
}

TEST_CASE("who may not see values sees where rejected rows stand, and why they were rejected") {
    Json rows =
        *parse_json(R"([{"file":"in.csv","line":3,"reasons":["a.type","structure: got 'pearl'"],)"
                    R"("raw":"pearl,1","cells":{"a":"pearl","b":null,"c":7}}])");
    hide_rejected_values(rows);
    CHECK(to_text(rows) == R"([{"file":"in.csv","line":3,"reasons":["a.type","structure"],)"
                           R"("raw":"•••","cells":{"a":"•••","b":null,"c":"•••"}}])");
}

TEST_CASE("values of masked columns are shown to nobody, and no line that may have one") {
    Json rows = *parse_json(
        R"([{"reasons":["a.type"],"raw":null,"cells":{"email":"x@y","a":"pearl","c":null}},)"
        R"({"reasons":["structure: got 'x@y'"],"raw":"x@y,1","cells":{}}])");
    Json same = rows;
    mask_rejected_values(same, {});
    CHECK(same == rows);
    mask_rejected_values(rows, {"Email", "c"});
    CHECK(to_text(rows) ==
          R"([{"reasons":["a.type"],"raw":null,"cells":{"email":"***","a":"pearl","c":null}},)"
          R"({"reasons":["structure"],"raw":"***","cells":{}}])");
}
