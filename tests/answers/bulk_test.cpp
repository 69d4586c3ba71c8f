#include "api/runs/bulk.hpp"

#include <doctest/doctest.h>

#include "tests/answers/yard.hpp"

using namespace stepwell;

namespace {

struct BulkYard : test::Yard {
    explicit BulkYard(runtime::EngineSettings settings = {}) : Yard(std::move(settings)) {
        api::answers::add_bulk_routes(router, sources, *engine);
    }
    Json ask(const std::string& target, const std::string& body = "") {
        return post("bulk/" + target, body);
    }
};

std::vector<std::uint64_t> runs_in(const Json& list) {
    std::vector<std::uint64_t> runs;
    for (const Json& one : list) runs.push_back(one.at("run").get<std::uint64_t>());
    return runs;
}

using Runs = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("runs that fit are stopped a page at a time, and those that do not are left alone") {
    BulkYard yard;
    yard.start("pass", 2);
    const Runs waiting = yard.start("wait", 120);
    Json answer = yard.ask("stop?workflow=wait&limit=70", R"({"cause":"enough"})");
    REQUIRE(answer.contains("next"));
    CHECK(answer["matched"] == 70);
    CHECK(runs_in(answer["done"]).front() == waiting.back());
    CHECK(answer["done"].size() == 70);
    CHECK(answer["done"][0]["workflow"] == "wait");
    CHECK(answer["done"][0].contains("stopped_at"));
    CHECK(yard.status_of(waiting.front()) == std::string("RUNNING"));
    answer = yard.ask("stop?workflow=wait&limit=70&after=" + string_or(answer, "next", ""));
    CHECK(answer["done"].size() == 50);
    CHECK(answer["refused"].empty());
    CHECK_FALSE(answer.contains("next"));
    CHECK(yard.status_of(waiting.front()) == std::string("ABORTED"));
}

TEST_CASE("a preview says what would be done to how many, and does nothing") {
    BulkYard yard;
    const Runs waiting = yard.start("wait", 3);
    const Json answer = yard.ask("stop?status=running&limit=2&preview=true");
    CHECK(answer["preview"] == true);
    CHECK(runs_in(answer["done"]) == Runs{waiting[2], waiting[1]});
    CHECK(to_text(answer["total"]) == R"({"count":3,"exact":true})");
    CHECK(answer.contains("next"));
    for (const auto run : waiting) CHECK(yard.status_of(run) == std::string("RUNNING"));
}

TEST_CASE("runs that are named are done or refused each for itself, with the reason") {
    BulkYard yard;
    const Runs waiting = yard.start("wait", 1);
    const Runs done = yard.start("pass", 1);
    const Json answer = yard.ask("stop", R"({"runs":[)" + std::to_string(waiting[0]) + R"(,")" +
                                             std::to_string(done[0]) + R"(","nothing"]})");
    CHECK(runs_in(answer["done"]) == waiting);
    REQUIRE(answer["refused"].size() == 2);
    CHECK(answer["refused"][0]["run"] == done[0]);
    CHECK(answer["refused"][0]["code"] == "conflict");
    CHECK(answer["refused"][1]["asked"] == "nothing");
    CHECK(answer["refused"][1]["code"] == "not_found");
}

TEST_CASE("all runs that there are are never meant, and what cannot be done to any is refused") {
    BulkYard yard;
    yard.start("wait", 1);
    CHECK(yard.ask("stop")["status"] == 400);
    CHECK(yard.ask("stop?limit=5&preview=true")["status"] == 400);
    CHECK(yard.ask("stop?workflow=wait", R"({"runs":["1"]})")["status"] == 400);
    CHECK(yard.ask("stop?status=failed")["status"] == 400);
    CHECK(yard.ask("redrive?status=running,succeeded")["status"] == 400);
    CHECK(yard.ask("stop?workflow=nothing")["status"] == 404);
    CHECK(yard.ask("stop?status=running&after=x")["status"] == 400);
}

TEST_CASE("runs that fit are redriven, and those that may not say why in the words of the API") {
    BulkYard yard;
    const Runs failed = yard.start("fail", 20);
    yard.start("pass", 1);
    const Json seen = yard.ask("redrive?workflow=fail&error=E_*&preview=true");
    CHECK(seen["done"].size() == 20);
    CHECK_FALSE(seen["done"][0].contains("redrives"));
    const Json answer = yard.ask("redrive?workflow=fail,pass");
    CHECK(answer["done"].size() == 20);
    CHECK(answer["done"][0]["redrives"] == 1);
    CHECK(runs_in(answer["done"]) == Runs(failed.rbegin(), failed.rend()));

    runtime::EngineSettings strict;
    strict.redrive.period = Duration(-1);
    BulkYard full(strict);
    full.start("fail", 1);
    const Json refused = full.ask("redrive?status=failed");
    CHECK(refused["done"].empty());
    CHECK(refused["refused"][0]["message"] == "Execution redrivable period exceeded.");
}

TEST_CASE("the audit log is told the conditions and the counts") {
    BulkYard yard;
    yard.start("wait", 2);
    yard.ask("stop?workflow=wa*&is=waiting", R"({"cause":"secret things"})");
    CHECK(
        to_text(yard.noted) ==
        R"({"preview":false,"matched":2,"done":2,"refused":0,"filter":{"workflow":"wa*","is":"waiting"}})");
    yard.ask("stop", R"({"runs":["nothing"]})");
    CHECK(to_text(yard.noted) == R"({"preview":false,"matched":1,"done":0,"refused":1})");
}
