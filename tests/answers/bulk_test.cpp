#include "api/runs/bulk.hpp"

#include <doctest/doctest.h>

#include <future>

#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/clock.hpp"
#include "tests/support/fake_request.hpp"
#include "tests/support/idle_runner.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace stepwell;
using namespace stepwell::api;
using stepwell::test::FakeRequest;

namespace {

/// Lets anybody in.
class OpenDoor final : public Authenticator {
public:
    [[nodiscard]] Result<Principal, Refusal> authenticate(const Request& request) const override {
        return request.principal();
    }
};

/// An engine on a disk, and the routes for many runs.
struct Yard {
    test::TemporaryFolder folder;
    std::unique_ptr<journal::SqliteJournal> journal;
    test::IdleRunner runner;
    std::unique_ptr<runtime::Engine> engine;
    Readers readers{folder.path()};
    answers::AnswerSources sources{readers, runtime::system_clock(), folder.path()};
    OpenDoor door;
    Router router{door};
    Json noted;  // of the last answer

    explicit Yard(runtime::EngineSettings settings = {}) {
        journal = std::move(journal::SqliteJournal::open(folder.path(), 7)).value();
        engine = std::make_unique<runtime::Engine>(std::move(settings), *journal,
                                                   runtime::system_clock());
        REQUIRE(engine->start(runner));
        create("wait", R"({"Type":"Wait","Seconds":9000,"End":true})");
        create("pass", R"({"Type":"Pass","End":true})");
        create("fail", R"({"Type":"Fail","Error":"E_NO"})");
        answers::add_bulk_routes(router, sources, *engine);
    }

    void create(const std::string& name, const std::string& state) {
        runtime::WorkflowSpec spec;
        spec.name = name;
        spec.definition = R"({"StartAt":"A","States":{"A":)" + state + "}}";
        REQUIRE(engine->create_workflow_now(spec));
    }
    /// Numbers of so many new runs, those of `pass` and `fail` when they have ended.
    std::vector<std::uint64_t> start(const std::string& workflow, std::size_t count) {
        std::vector<std::uint64_t> runs;
        for (std::size_t i = 0; i < count; ++i) {
            runtime::StartRequest request;
            request.workflow = workflow;
            const auto started = engine->start_execution_now(request);
            REQUIRE(started);
            if (workflow != "wait") REQUIRE(engine->closed_future(started->id).get());
            runs.push_back(value_of(started->id));
        }
        return runs;
    }
    Json ask(const std::string& target, const std::string& body = "") {
        FakeRequest request("POST", "/api/v1/bulk/" + target, body,
                            {{"Content-Type", "application/json"}});
        std::promise<Response> promise;
        router.handle(request, [&](Response response) { promise.set_value(std::move(response)); });
        const Response response = promise.get_future().get();
        noted = response.noted;
        const auto json = parse_json(response.body);
        REQUIRE(json);
        return *json;
    }
    std::string status_of(std::uint64_t run) {
        auto reader = readers.take();
        return core::name_of((*reader)->summary(static_cast<ExecutionId>(run))->status);
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
    Yard yard;
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
    Yard yard;
    const Runs waiting = yard.start("wait", 3);
    const Json answer = yard.ask("stop?status=running&limit=2&preview=true");
    CHECK(answer["preview"] == true);
    CHECK(runs_in(answer["done"]) == Runs{waiting[2], waiting[1]});
    CHECK(to_text(answer["total"]) == R"({"count":3,"exact":true})");
    CHECK(answer.contains("next"));
    for (const auto run : waiting) CHECK(yard.status_of(run) == std::string("RUNNING"));
}

TEST_CASE("runs that are named are done or refused each for itself, with the reason") {
    Yard yard;
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
    Yard yard;
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
    Yard yard;
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
    strict.redrive.events_max = 10;
    Yard full(strict);
    full.start("fail", 1);
    const Json refused = full.ask("redrive?status=failed");
    CHECK(refused["done"].empty());
    CHECK(refused["refused"][0]["message"] == "Execution history event limit exceeded.");
}

TEST_CASE("the audit log is told the conditions and the counts") {
    Yard yard;
    yard.start("wait", 2);
    yard.ask("stop?workflow=wa*&is=waiting", R"({"cause":"secret things"})");
    CHECK(
        to_text(yard.noted) ==
        R"({"preview":false,"matched":2,"done":2,"refused":0,"filter":{"workflow":"wa*","is":"waiting"}})");
    yard.ask("stop", R"({"runs":["nothing"]})");
    CHECK(to_text(yard.noted) == R"({"preview":false,"matched":1,"done":0,"refused":1})");
}
