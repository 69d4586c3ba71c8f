// Time-outs, heartbeats and timers of the engine.
#include <string>

#include "tests/runtime/stage.hpp"
#include "tests/support/commit.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

TEST_CASE("a task that outlives its time-out is cancelled") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    const auto started = stage.start("etl", R"({"x":7})");
    stage.advance(100s);
    CHECK(stage.outcome(started->id) == "FAILED States.Timeout");
    CHECK(stage.runner.cancelled == std::vector<TaskToken>{stage.runner.started[0].token});
}

namespace {

const std::string kHeard = R"({"StartAt":"T","States":{"T":{"Type":"Task","HeartbeatSeconds":10,
    "Resource":"stepwell:shell","End":true}}})";

/// A heartbeat each second.
void keep_alive(Stage& stage, const TaskToken& token, int seconds) {
    for (int second = 0; second < seconds; ++second) {
        stage.advance(1s);
        stage.engine().heartbeat(token);
        stage.settle();
    }
}

}  // namespace

TEST_CASE("heartbeats keep a task alive, are not in the history, and cost few commits") {
    Stage stage;
    REQUIRE(stage.create("etl", kHeard));
    const auto started = stage.start("etl");
    const TaskToken token = stage.runner.started[0].token;
    const auto newest = *stage.journal().newest_chunk();
    const std::uint64_t before = stage.disk->commits();
    keep_alive(stage, token, 1'000);
    CHECK(stage.outcome(started->id) == "RUNNING");
    CHECK(*stage.journal().newest_chunk() == newest);
    CHECK(stage.disk->commits() - before <= 112);  // one each time that a stored deadline passes
    stage.advance(9s);
    CHECK(stage.outcome(started->id) == "RUNNING");
    stage.advance(1s);
    CHECK(stage.outcome(started->id) == "FAILED States.Timeout");
}

TEST_CASE("a heartbeat counts although its execution should have left the memory") {
    EngineSettings settings;
    settings.loaded_executions_max = 1;
    Stage stage(settings);
    REQUIRE(stage.create("etl", kHeard));
    REQUIRE(stage.create("sleep", kWait));
    const auto started = stage.start("etl");
    const TaskToken token = stage.runner.started[0].token;
    for (int i = 0; i < 5; ++i) {
        keep_alive(stage, token, 9);
        REQUIRE(stage.start("sleep"));
        REQUIRE(stage.start("sleep"));
    }
    CHECK(stage.outcome(started->id) == "RUNNING");
}

TEST_CASE("after a restart the heartbeat clocks begin anew, as nobody could be heard") {
    Stage stage;
    REQUIRE(stage.create("etl", kHeard));
    const auto started = stage.start("etl");
    stage.clock.advance(60s);
    stage.boot();
    stage.settle();
    CHECK(stage.outcome(started->id) == "RUNNING");
    stage.advance(9s);
    CHECK(stage.outcome(started->id) == "RUNNING");
    stage.advance(1s);
    CHECK(stage.outcome(started->id) == "FAILED States.Timeout");
}

TEST_CASE("a timer that came too early does not delay the one that is meant") {
    Stage stage;
    REQUIRE(stage.create("etl", R"({"StartAt":"T","States":{"T":{"Type":"Task",
        "Resource":"stepwell:shell","HeartbeatSeconds":10,"End":true}}})"));
    const auto started = stage.start("etl");
    stage.advance(500ms);
    stage.engine().heartbeat(stage.runner.started.at(0).token);
    stage.settle();
    stage.advance(9'500ms);
    CHECK(stage.outcome(started->id) == "RUNNING");
    stage.advance(500ms);
    CHECK(stage.outcome(started->id).starts_with("FAILED"));
}

}  // namespace stepwell::test
