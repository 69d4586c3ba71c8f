#include "api/runs/failure.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/answers/theatre.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace stepwell;
using namespace stepwell::test;
using namespace stepwell::api::answers;

namespace {

const std::string kToFail =
    R"("Catch":[{"ErrorEquals":["States.ALL"],"Next":"Notify"}],"End":true)";
const std::string kEnd =
    R"("Notify":{"Type":"Pass","Next":"Stop"},"Stop":{"Type":"Fail","Error":"E_STOP"})";

std::string map_of(const std::string& inner, const std::string& rest = R"("End":true)") {
    return R"("Each":{"Type":"Map","ItemsPath":"$.items","ItemProcessor":)" + inner + "," + rest +
           "}";
}

/// "PLACE ERROR tries=N", more joined by "; ".
std::string told(const std::vector<LeafFailure>& leaves) {
    std::string out;
    for (const LeafFailure& leaf : leaves) {
        out += (out.empty() ? "" : "; ") + leaf.place + " " + leaf.error +
               " tries=" + std::to_string(leaf.tries);
        if (!leaf.ended_by.empty()) out += " ended by " + leaf.ended_by;
    }
    return out;
}

const std::string kItems = R"({"items":[1,2,3]})";

}  // namespace

TEST_CASE("the reason of a failed run is the state that first failed") {
    struct Case {
        std::string name;
        std::string definition;
        Script script;
        std::string want;
        std::string caught = "";
    };
    const std::string one = machine("V", task("V"));
    const std::string retry =
        R"("Retry":[{"ErrorEquals":["E_A"],"IntervalSeconds":1,"MaxAttempts":2}],"End":true)";
    // clang-format off
    const Case cases[] = {
        {"a task", machine("V", task("V")), {{"V", {"E_A: a"}}}, "V E_A tries=1"},
        {"a task that was tried again", machine("V", task("V", retry)), {{"V", {"E_A: a", "E_A: b", "E_B: c"}}}, "V E_B tries=3"},
        {"a Catch that leads to a Fail state", machine("V", task("V", kToFail) + "," + kEnd), {{"V", {"E_A: a"}}}, "V E_A tries=1 ended by Stop"},
        {"a Fail state by itself", machine("Stop", R"("Stop":{"Type":"Fail","Error":"E_STOP"})"), {}, "Stop E_STOP tries=1"},
        {"an iteration of a Map", machine("Each", map_of(machine("V", task("V")))), {{"V", {"{}", "E_A: a"}}}, "Each[1] / V E_A tries=1"},
        {"an iteration that ends in a Fail state", machine("Each", map_of(machine("V", task("V", kToFail) + "," + kEnd))), {{"V", {"{}", "E_A: a"}}}, "Each[1] / V E_A tries=1 ended by Stop"},
        {"a Map that is caught", machine("Each", map_of(machine("V", task("V")), kToFail) + "," + kEnd), {{"V", {"E_A: a"}}}, "Each[0] / V E_A tries=1 ended by Stop"},
        {"a Map that was tried again", machine("Each", map_of(machine("V", task("V")), R"("Retry":[{"ErrorEquals":["E_A"],"MaxAttempts":1}],"End":true)")),
            {{"V", {"E_A: a", "E_B: b"}}}, "Each[0] / V E_B tries=1"},
        {"a branch of a Parallel", machine("Both", R"("Both":{"Type":"Parallel","End":true,"Branches":[)" + machine("L", task("L")) + "," + machine("R", task("R")) + "]}"),
            {{"R", {"E_A: a"}}}, "Both[1] / R E_A tries=1"},
        {"a Choice in an iteration, which has no attempt", machine("Each", map_of(machine("C", R"("C":{"Type":"Choice","Choices":[{"Variable":"$.no","NumericEquals":1,"Next":"D"}],"Default":"D"},"D":{"Type":"Pass","End":true})"))),
            {}, "Each[0] / C States.Runtime tries=1"},
        {"a run that succeeded, and caught something", machine("V", task("V", R"("Catch":[{"ErrorEquals":["States.ALL"],"Next":"Done"}],"End":true)") + R"(,"Done":{"Type":"Succeed"})"),
            {{"V", {"E_A: a"}}}, "", "V E_A tries=1"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Theatre theatre;
        const auto made = theatre.create("w", c.definition);
        REQUIRE_MESSAGE(made, c.definition);
        const DigestPtr digest = theatre.digest(theatre.play("w", c.script, kItems));
        CHECK(told(digest->failures) == c.want);
        CHECK(told(digest->caught) == c.caught);
    }
}

TEST_CASE("a run whose time is over names what went on") {
    Theatre theatre;
    const std::string states =
        R"({"StartAt":"V","TimeoutSeconds":60,"States":{)" + task("V") + "}}";
    REQUIRE(theatre.create("w", states));
    const DigestPtr digest = theatre.digest(theatre.play("w", {}));
    CHECK(digest->summary.status == core::Status::timed_out);
    CHECK(told(digest->failures) == "V States.Timeout tries=1");
}

TEST_CASE("what was stopped by hand has not failed") {
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("V", task("V"))));
    const auto started = theatre.start("w");
    REQUIRE(started);
    REQUIRE(theatre.answer_of<Timestamp>([&](auto answer) {
        theatre.engine().stop_execution(started->id, {"E_HAND", "by hand"}, answer);
    }));
    const DigestPtr digest = theatre.digest(started->id);
    CHECK(digest->failures.empty());
    CHECK(digest->states[0].outcome() == "aborted");
}

TEST_CASE("several failures of one Map are counted by error, the first one is told") {
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("Each", map_of(machine("V", task("V"))))));
    const auto started = theatre.start("w", kItems);
    REQUIRE(started);
    // All end in one turn: each has failed before the Map can abort the others.
    for (const auto& request : theatre.runner.started) {
        theatre.engine().failed(request.token, "E_A", "a");
    }
    theatre.settle();
    auto histories = theatre.histories();
    const auto view = failure_view(histories, started->id, {});
    REQUIRE(view);
    CHECK((*view)["failure"]["path"] == "Each[0] / V");
    CHECK((*view)["failure"]["items"] == Json::parse(R"([{"state":"Each","index":0}])"));
    CHECK((*view)["count"].get<std::size_t>() == 1 + (*view)["others"].size());
    CHECK((*view)["by_error"][0]["error"] == "E_A");
}

TEST_CASE("a data task's failure shows its sentence, its rows and the checks that did not pass") {
    const std::string envelope =
        R"({"status":"failed","type":"validate","code":"E_QUALITY","message":"3 of 6 rows rejected",)"
        R"("rows":{"read":6,"good":3,"rejected":3},"inputs":[{"uri":"a.csv","etag":"1"}],"checks":[)"
        R"({"name":"id","status":"pass"},{"name":"amount","status":"fail","failed":3,"samples":[)"
        R"({"line":3,"value":"abc","row":{"id":"2"}},{"line":4,"value":"x"},{"line":5,"value":"y"},)"
        R"({"line":6,"value":"z"}]}]})";
    Theatre theatre;
    REQUIRE(theatre.create("w", machine("V", task("V"))));
    const ExecutionId run = theatre.play("w", {{"V", {"E_QUALITY: " + envelope}}});
    auto histories = theatre.histories();
    FailureQuery query;
    const auto shown = failure_view(histories, run, query);
    REQUIRE(shown);
    const Json failure = (*shown)["failure"];
    CHECK(failure["message"] == "3 of 6 rows rejected");
    CHECK(failure["code"] == "E_QUALITY");
    CHECK(failure["rows"]["rejected"] == 3);
    CHECK(failure["inputs"][0]["etag"] == "1");
    REQUIRE(failure["checks"].size() == 1);
    CHECK(failure["checks"][0]["samples"].size() == 3);
    CHECK(failure["checks"][0]["samples"][0]["value"] == "abc");

    query.samples = Samples::hidden;
    const auto hidden = failure_view(histories, run, query);
    REQUIRE(hidden);
    CHECK(to_text(*hidden).find("abc") == std::string::npos);
    CHECK((*hidden)["failure"]["checks"][0]["samples"][0]["value"] == "•••");
    CHECK((*hidden)["failure"]["checks"][0]["samples"][0]["line"] == 3);
}

TEST_CASE("the log is shown up to the first line that tells of an error") {
    const TemporaryFolder folder;
    runtime::EngineSettings settings;
    settings.logs_folder = folder.path() / "logs";
    Theatre theatre(settings);
    REQUIRE(theatre.create("w", machine("V", task("V"))));
    const auto started = theatre.start("w");
    REQUIRE(started);
    const TaskToken token = theatre.runner.started.back().token;
    for (const std::string line :
         {"one", "two", "three", "four", "ERROR no table", "cleaning up"}) {
        theatre.engine().log(token, line);
    }
    theatre.settle();
    theatre.engine().failed(token, "E_A", "a");
    theatre.settle();

    auto histories = theatre.histories();
    FailureQuery query;
    query.data_folder = folder.path();
    query.log_lines = 3;
    const auto view = failure_view(histories, started->id, query);
    REQUIRE(view);
    const Json log = (*view)["log"];
    REQUIRE_FALSE(log.is_null());
    CHECK(log["lines"] == Json::parse(R"(["three","four","ERROR no table"])"));
    CHECK(log["first"] == 3);
    CHECK(log["error_line"] == 5);
    CHECK(log["total"] == 6);
}
