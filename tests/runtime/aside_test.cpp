// Executions that cannot be gone on with, and clocks that are set.
#include <string>

#include "engine/journal/sqlite.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/commit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

using namespace std::chrono_literals;
using namespace runtime;

Result<Timestamp> stop(Stage& stage, ExecutionId id) {
    return stage.answer_of<Timestamp>([&](auto answer) {
        stage.engine().stop_execution(id, {"Operator", "it cannot go on"}, answer);
    });
}

}  // namespace

TEST_CASE("an execution that cannot be read again is put aside, and the others go on") {
    Stage stage;
    REQUIRE(stage.create("sleep", kWait));
    const auto sick = stage.start("sleep");
    const auto healthy = stage.start("sleep");
    stage.disk->mangle(sick->id);
    stage.boot();
    std::optional<Result<Closed>> told;
    stage.engine().when_closed(sick->id, [&](auto closed) { told = closed; });
    stage.settle();
    CHECK_FALSE(told);
    stage.advance(60s);
    CHECK_FALSE(stage.failure);
    CHECK(stage.outcome(healthy->id) == "SUCCEEDED {}");
    CHECK(stage.outcome(sick->id) == "RUNNING");
    CHECK(stage.engine().statistics().quarantined == 1);
    REQUIRE(told);  // no end will come
    CHECK(told->error().code == ErrorCode::corruption);
    CHECK(stage.start("sleep"));
}

TEST_CASE("an execution that was put aside can be stopped, is shown as it ended, and stays so") {
    Stage stage;
    REQUIRE(stage.create("sleep", kWait));
    const auto sick = stage.start("sleep", R"({"a":1})", "monday");
    stage.disk->mangle(sick->id);
    stage.boot();
    REQUIRE(stop(stage, sick->id));
    CHECK(stage.outcome(sick->id) == "ABORTED Operator");
    CHECK(stage.engine().statistics().quarantined == 0);
    CHECK(stage.engine().statistics().open_runs == 0);
    CHECK(*stop(stage, sick->id) == stage.clock.now());
    const auto history = stage.reader().history(sick->id, {});
    REQUIRE(history);
    CHECK(history->items.size() == 3);
    CHECK(history->items.back().at("type") == "ExecutionAborted");
    CHECK(stage.disk->open_rows() == 0);
    stage.boot();
    stage.advance(60s);
    CHECK(stage.outcome(sick->id) == "ABORTED Operator");
    CHECK(stage.start("sleep", "{}", "tuesday"));
}

TEST_CASE("an execution without its open row can be stopped, too") {
    TemporaryFolder folder;
    FakeClock clock;
    RememberingRunner runner;
    auto journal = journal::SqliteJournal::open(folder.path(), 1);
    REQUIRE(journal);
    Engine engine({}, **journal, clock);
    REQUIRE(engine.start(runner));
    WorkflowSpec spec;
    spec.name = "sleep";
    spec.definition = kWait;
    REQUIRE(engine.create_workflow_now(spec));
    StartRequest request;
    request.workflow = "sleep";
    request.input = Payload::trusted("{}");
    const auto started = engine.start_execution_now(request);
    REQUIRE(started);
    engine.stop();
    {
        auto database = journal::Database::open(folder.path() / "stepwell.db",
                                                journal::Database::Mode::read_write);
        REQUIRE(database);
        REQUIRE(database->execute("DELETE FROM open_executions"));
    }
    Engine again({}, **journal, clock);
    REQUIRE(again.start(runner));
    REQUIRE(again.stop_execution_now(started->id, {"Operator", std::nullopt}));
    Reader reader(**journal);
    CHECK(reader.describe(started->id)->summary.status == core::Status::aborted);
    CHECK(reader.history(started->id, {})->items.size() == 3);
    again.stop();
}

TEST_CASE("a run goes on whose definition a newer release would not accept any more") {
    TemporaryFolder folder;
    FakeClock clock;
    std::optional<ExecutionId> id;
    const auto live = [&](auto act) {
        auto journal = journal::SqliteJournal::open(folder.path(), 1);
        REQUIRE(journal);
        RememberingRunner runner;
        Engine engine({}, **journal, clock);
        REQUIRE(engine.start(runner, Engine::Threading::manual));
        const auto settle = [&] {
            while (engine.step()) {
            }
        };
        settle();
        act(engine, settle);
        Reader reader(**journal);
        const auto status = reader.describe(*id)->summary.status;
        engine.stop();
        return status;
    };
    const auto status = live([&](Engine& engine, const auto& settle) {
        WorkflowSpec spec;
        spec.name = "sleep";
        spec.definition = kWait;
        engine.create_workflow(spec, [](const auto& done) { REQUIRE(done); });
        settle();
        StartRequest request;
        request.workflow = "sleep";
        request.input = Payload::trusted("{}");
        engine.start_execution(request, [&](const auto& started) { id = started->id; });
        settle();
    });
    CHECK(status == core::Status::running);
    {
        auto database = journal::Database::open(folder.path() / "stepwell.db",
                                                journal::Database::Mode::read_write);
        REQUIRE(database);
        REQUIRE(
            database->execute("UPDATE versions SET definition = "
                              "replace(definition, '\"End\"', '\"Dropped\":1,\"End\"')"));
    }
    clock.advance(61s);
    CHECK(live([](auto&, const auto&) {}) == core::Status::succeeded);
}

TEST_CASE("a named run is found by its name and stopped after its workflow was deleted") {
    Stage stage;
    REQUIRE(stage.create("etl", kWait));
    const auto old = stage.start("etl", "{}", "monday");
    REQUIRE(old);
    const auto remove = [&] {
        return stage.answer_of<void>(
            [&](auto answer) { stage.engine().delete_workflow("etl", answer); });
    };
    REQUIRE(remove());
    CHECK(*stage.reader().find(old->arn) == old->id);
    CHECK(*stage.reader().find("etl/monday") == old->id);
    // A newer workflow of that name comes first.
    REQUIRE(stage.create("etl", kWait));
    CHECK(*stage.reader().find("etl/monday") == old->id);
    const auto young = stage.start("etl", "{}", "monday");
    REQUIRE(young);
    CHECK(*stage.reader().find("etl/monday") == young->id);
    CHECK_FALSE(stage.reader().find("etl/tuesday"));
    REQUIRE(stop(stage, old->id));
    CHECK(stage.outcome(old->id) == "ABORTED Operator");
}

TEST_CASE("runs that have polled many times have one timer each, and none when they have ended") {
    Stage stage;
    REQUIRE(stage.create("poll", R"({"StartAt":"W","TimeoutSeconds":100000,"States":{
        "W":{"Type":"Wait","Seconds":10,"Next":"X"},"X":{"Type":"Wait","Seconds":10,"Next":"Y"},
        "Y":{"Type":"Wait","Seconds":10,"End":true}}})"));
    for (int n = 0; n < 50; ++n) REQUIRE(stage.start("poll"));
    CHECK(stage.engine().statistics().timers == 50);
    stage.advance(10s);
    stage.advance(10s);
    CHECK(stage.engine().statistics().timers == 50);
    stage.advance(10s);
    CHECK(stage.engine().statistics().open_runs == 0);
    CHECK(stage.engine().statistics().timers == 0);
}

TEST_CASE("a clock that is set back stops neither long runs nor waits nor time-outs") {
    EngineSettings settings;
    settings.limits.transitions_per_turn_max = 3;
    Stage stage(settings);
    REQUIRE(stage.create("chain", R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},
        "B":{"Type":"Pass","Next":"C"},"C":{"Type":"Pass","Next":"D"},"D":{"Type":"Pass","Next":"E"},
        "E":{"Type":"Pass","Next":"F"},"F":{"Type":"Pass","End":true}}})"));
    REQUIRE(stage.create("wait", kWait));
    REQUIRE(stage.create("task", kTask));
    const auto waits = stage.start("wait");
    const auto task = stage.start("task", R"({"x":1})");
    StartRequest request;
    request.workflow = "chain";
    request.input = Payload::trusted("{}");
    std::optional<Result<Started>> chain;
    stage.engine().start_execution(request, [&](auto started) { chain = started; });
    REQUIRE(stage.engine().step());
    REQUIRE(chain);
    REQUIRE(stage.outcome((*chain)->id) == "RUNNING");
    stage.clock.step(-1h);
    SUBCASE("while the daemon works") {
        stage.settle();
        CHECK(stage.outcome((*chain)->id) == "SUCCEEDED {}");
        stage.advance(70s);
        CHECK(stage.outcome(waits->id) == "SUCCEEDED {}");
        stage.advance(50s);
        CHECK(stage.outcome(task->id) == "FAILED States.Timeout");
    }
    SUBCASE("while it was away") {
        stage.boot();
        stage.settle();
        CHECK(stage.outcome((*chain)->id) == "SUCCEEDED {}");
    }
}

}  // namespace stepwell::test
