// Redrive through the engine: what is answered, what is stored, and who is refused.
#include <string>

#include "tests/runtime/stage.hpp"
#include "tests/support/commit.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

Result<Redriven> redrive(Stage& stage, ExecutionId id, std::string token = "",
                         RebuiltPtr rebuilt = nullptr) {
    return stage.answer_of<Redriven>([&](auto answer) {
        stage.engine().redrive_execution({id, std::move(token), std::move(rebuilt)}, answer);
    });
}

void fail_last_task(Stage& stage) {
    stage.engine().failed(stage.runner.started.back().token, "E_OTHER", "broken");
    stage.settle();
}

std::string refusal(Stage& stage, ExecutionId id) {
    const auto redriven = redrive(stage, id);
    REQUIRE_FALSE(redriven);
    CHECK(redriven.error().code == ErrorCode::conflict);
    return redriven.error().message;
}

const std::string kOneTask = R"({"StartAt":"T","States":{"T":{"Type":"Task",
    "Resource":"stepwell:shell","End":true}}})";

}  // namespace

TEST_CASE("a redriven execution runs its failed task again, under the same name and run key") {
    Stage stage;
    REQUIRE(stage.create("etl", kOneTask));
    const auto started = stage.start("etl", R"({"x":7})", "monday");
    const TaskRequest first = stage.runner.started.at(0);
    fail_last_task(stage);
    CHECK(stage.outcome(started->id) == "FAILED E_OTHER");
    stage.clock.advance(1h);

    const auto redriven = redrive(stage, started->id);
    REQUIRE(redriven);
    CHECK((redriven->count == 1 && redriven->is_new && redriven->at == stage.clock.now()));
    CHECK(stage.outcome(started->id) == "RUNNING");
    const TaskRequest second = stage.runner.started.at(1);
    CHECK(second.run_key == first.run_key);
    CHECK(second.token != first.token);
    CHECK((!second.is_restarted && second.execution_arn == started->arn));
    const auto described = stage.reader().describe(started->id);
    CHECK((described->summary.redrives == 1 && described->summary.redriven_at == redriven->at));
    CHECK_FALSE(described->summary.stopped_at.has_value());

    stage.boot();
    stage.settle();
    REQUIRE(stage.runner.started.size() == 1);
    CHECK(stage.runner.started[0].token == second.token);
    stage.succeed(R"({"rows":3})");
    CHECK(stage.outcome(started->id) == R"(SUCCEEDED {"rows":3})");
    CHECK(stage.disk->open_rows() == 0);
}

TEST_CASE("a redrive is refused in AWS's words") {
    EngineSettings settings;
    settings.redrive.period = 10h;
    settings.redrive.age_max = 20h;
    settings.limits.events_max = 40;
    Stage stage(settings);
    REQUIRE(stage.create("etl", kOneTask));
    CHECK(redrive(stage, ExecutionId{77}).error().code == ErrorCode::not_found);

    const auto running = stage.start("etl");
    CHECK(refusal(stage, running->id) == "Execution is RUNNING and cannot be redriven");
    stage.succeed("{}");
    CHECK(refusal(stage, running->id) == "Execution is SUCCEEDED and cannot be redriven");

    const auto failed = stage.start("etl");
    fail_last_task(stage);
    stage.clock.advance(9h);
    REQUIRE(redrive(stage, failed->id));
    fail_last_task(stage);
    stage.clock.advance(10h + 1ms);
    CHECK(refusal(stage, failed->id) == "Execution redrivable period exceeded.");
    stage.clock.advance(2h);
    CHECK(refusal(stage, failed->id) == "Execution has exceeded the max execution time.");

    const auto long_one = stage.start("etl");
    fail_last_task(stage);
    while (redrive(stage, long_one->id)) fail_last_task(stage);
    CHECK(refusal(stage, long_one->id) == "Execution history event limit exceeded.");

    const auto orphan = stage.start("etl");
    fail_last_task(stage);
    REQUIRE(
        stage.answer_of<void>([&](auto answer) { stage.engine().delete_workflow("etl", answer); }));
    CHECK(refusal(stage, orphan->id) == "State machine is in DELETING status.");
}

TEST_CASE("a client that repeats its token gets the first answer, in every later state") {
    Stage stage;
    REQUIRE(stage.create("etl", kOneTask));
    const auto started = stage.start("etl");
    fail_last_task(stage);
    const auto first = redrive(stage, started->id, "wish");
    REQUIRE(first);
    stage.clock.advance(1min);
    const auto is_repetition = [&] {
        const auto again = redrive(stage, started->id, "wish");
        return again && !again->is_new && again->at == first->at && again->count == 1;
    };
    CHECK(is_repetition());
    stage.boot();
    CHECK(is_repetition());
    fail_last_task(stage);
    CHECK(is_repetition());
    CHECK(redrive(stage, started->id, "other wish")->count == 2);
    fail_last_task(stage);
    stage.clock.advance(15min);
    CHECK(redrive(stage, started->id, "wish")->count == 3);
}

TEST_CASE("what was rebuilt before is used only while it is what the journal says") {
    Stage stage;
    REQUIRE(stage.create("etl", kOneTask));
    const auto started = stage.start("etl");
    const auto other = stage.start("etl");
    fail_last_task(stage);
    stage.engine().failed(stage.runner.started.front().token, "E", std::nullopt);
    stage.settle();
    const auto early = *stage.reader().rebuild(started->id);
    REQUIRE(redrive(stage, started->id, "", early));
    fail_last_task(stage);
    CHECK(redrive(stage, started->id, "", early)->count == 2);
    CHECK(redrive(stage, other->id, "", early)->count == 1);
}

TEST_CASE("a history that contradicts itself is corruption, and does not end the process") {
    Stage stage;
    REQUIRE(stage.create("etl", kOneTask));
    core::Event ended;
    ended.type = core::EventType::task_succeeded;
    ended.id = EventId{1};
    ended.frame = FrameId{7};  // there is none
    SUBCASE("of a frame that is not there") {
        ended.details = core::TaskInfo{};
    }
    SUBCASE("with the details of another") {
        ended.details = core::ErrorInfo{};
    }
    journal::ExecutionWrite run;
    run.id = ExecutionId{1};
    run.start = journal::ExecutionStart{WorkflowId{1}, VersionId{1}, "", stage.clock.now(), "", ""};
    run.end = journal::ExecutionEnd{core::Status::failed, stage.clock.now(), "E"};
    run.chunks.push_back({journal::ChunkId{1}, journal::ChunkId{0}, 0, core::encode({ended})});
    journal::Batch batch;
    batch.add(std::move(run));
    REQUIRE(commit(stage.journal(), batch));
    const auto rebuilt = stage.reader().rebuild(ExecutionId{1});
    REQUIRE_FALSE(rebuilt);
    CHECK(rebuilt.error().code == ErrorCode::corruption);
    // Nor does it end the engine, whose thread rebuilds where nobody has done so before.
    CHECK_FALSE(redrive(stage, ExecutionId{1}));
    CHECK_FALSE(stage.failure);
}

TEST_CASE("who waits for the end of a redriven execution hears of its new end") {
    Stage stage;
    REQUIRE(stage.create("etl", kOneTask));
    const auto started = stage.start("etl");
    fail_last_task(stage);
    REQUIRE(redrive(stage, started->id));
    std::optional<Result<Closed>> closed;
    stage.engine().when_closed(started->id, [&](Result<Closed> end) { closed = std::move(end); });
    stage.settle();
    CHECK_FALSE(closed.has_value());
    stage.succeed("[]");
    REQUIRE(closed.has_value());
    CHECK((*closed)->status == core::Status::succeeded);
}

TEST_CASE("an execution that fails again in the same turn is closed again") {
    Stage stage;
    REQUIRE(stage.create("etl", R"({"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}})"));
    const auto started = stage.start("etl");
    REQUIRE(redrive(stage, started->id));
    CHECK(stage.outcome(started->id) == "FAILED E");
    CHECK(stage.disk->open_rows() == 0);
    CHECK(redrive(stage, started->id)->count == 2);
}

}  // namespace stepwell::test
