// What a turn of the loop does where there is more than its share of work.
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "engine/journal/sqlite_journal.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

const std::string kEndless = R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},
    "B":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"C"}],
         "Default":"A"},"C":{"Type":"Succeed"}}})";

/// The first decision of a turn spends its share.
EngineSettings one_decision_a_turn() {
    EngineSettings settings;
    settings.limits.work_per_turn_max = 1;
    settings.limits.transitions_per_turn_max = 10;
    return settings;
}

/// Asks for a start, whose number comes when it is answered.
std::future<ExecutionId> ask(Stage& stage, const std::string& workflow,
                             const std::string& input = "{}") {
    auto promise = std::make_shared<std::promise<ExecutionId>>();
    StartRequest request;
    request.workflow = workflow;
    request.input = Payload::trusted(input);
    stage.engine().start_execution(request, [promise](const Result<Started>& started) {
        REQUIRE(started);
        promise->set_value(started->id);
    });
    return promise->get_future();
}

bool is_answered(const std::future<ExecutionId>& future) {
    return future.wait_for(0s) == std::future_status::ready;
}

/// A turn, a millisecond later.
void turn(Stage& stage, int count = 1) {
    for (int i = 0; i < count; ++i) {
        stage.clock.advance(1ms);
        stage.engine().step();
    }
}

/// Starts the workflow beside others that never rest.
ExecutionId started_beside(Stage& stage, const std::string& workflow) {
    auto started = ask(stage, workflow);
    turn(stage);
    REQUIRE(is_answered(started));
    return started.get();
}

}  // namespace

TEST_CASE("a start is answered in its turn, and goes on later where others have had the share") {
    Stage stage(one_decision_a_turn());
    REQUIRE(stage.create("etl", kPass));
    std::vector<std::future<ExecutionId>> asked;
    for (int i = 0; i < 3; ++i) asked.push_back(ask(stage, "etl"));
    stage.engine().step();
    std::vector<ExecutionId> started;
    for (auto& one : asked) {
        REQUIRE(is_answered(one));
        started.push_back(one.get());
    }
    CHECK(stage.outcome(started[0]) == R"(SUCCEEDED {"a":1})");
    CHECK(stage.types(started[1]) == "ExecutionStarted");
    CHECK(stage.types(started[2]) == "ExecutionStarted");
    stage.settle();
    for (const ExecutionId id : started) CHECK(stage.outcome(id) == R"(SUCCEEDED {"a":1})");
}

TEST_CASE(
    "a start with a large input waits where the bytes of the turn are spent; small ones do not") {
    EngineSettings settings;
    settings.limits.bytes_per_turn_max = 1;
    Stage stage(settings);
    REQUIRE(stage.create("etl", kPass));
    const auto first = ask(stage, "etl");
    const auto large = ask(stage, "etl", "\"" + std::string(100'000, 'x') + "\"");
    const auto small = ask(stage, "etl");
    stage.engine().step();
    CHECK(is_answered(first));
    CHECK(is_answered(small));
    CHECK_FALSE(is_answered(large));
    stage.settle();
    CHECK(is_answered(large));
}

TEST_CASE("reports wait for a turn with a share left, in their order, and starts pass them") {
    Stage stage(one_decision_a_turn());
    REQUIRE(stage.create("etl", R"({"StartAt":"T","States":{"T":{"Type":"Task","End":true,
        "Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken"}}})"));
    for (int i = 0; i < 4; ++i) REQUIRE(stage.start("etl", R"({"x":1})"));
    std::vector<int> done;
    for (int i = 0; i < 4; ++i) {
        const TaskToken token = stage.runner.started.at(static_cast<std::size_t>(i)).token;
        stage.engine().answer_task(core::TaskSucceeded{token, Payload()},
                                   [&done, i](const Result<void>& told) {
                                       CHECK(told);
                                       done.push_back(i);
                                   });
    }
    const auto asked = ask(stage, "etl", R"({"x":1})");
    stage.engine().step();  // the last start went beyond its turn's share: this one is light
    CHECK(is_answered(asked));
    CHECK(done.empty());
    stage.engine().step();
    CHECK(done == std::vector<int>{0});
    const auto later = ask(stage, "etl", R"({"x":1})");
    stage.settle();
    CHECK(is_answered(later));
    CHECK(done == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE(
    "after a turn that went beyond its share comes one that only answers, where somebody asks") {
    Stage stage(one_decision_a_turn());
    REQUIRE(stage.create("endless", kEndless));
    REQUIRE(stage.create("etl", kPass));
    const ExecutionId endless = started_beside(stage, "endless");
    const auto events = [&] { return stage.types(endless).size(); };
    for (int i = 0; i < 3; ++i) {
        const auto before = events();
        turn(stage);
        const auto after = events();
        CHECK(after > before);
        const auto asked = ask(stage, "etl");
        turn(stage);
        CHECK(is_answered(asked));
        CHECK(events() == after);
        turn(stage, 8);  // what was asked for ends
    }
}

TEST_CASE("nobody waits for an answer: no turn goes by without work") {
    Stage stage(one_decision_a_turn());
    REQUIRE(stage.create("endless", kEndless));
    const ExecutionId endless = started_beside(stage, "endless");
    for (int i = 0; i < 5; ++i) {
        const auto before = stage.types(endless).size();
        turn(stage);
        CHECK(stage.types(endless).size() > before);
    }
}

TEST_CASE("what a turn stores beside events has a part in its share") {
    EngineSettings settings;
    settings.limits.bytes_per_turn_max = 300'000;
    Stage stage(settings);
    REQUIRE(stage.create("sleep", kWait));
    // Each has its input in an event and in a record: the second one spends the share.
    std::vector<std::future<ExecutionId>> asked;
    for (int i = 0; i < 3; ++i) {
        asked.push_back(ask(stage, "sleep", "\"" + std::string(100'000, 'x') + "\""));
    }
    stage.engine().step();
    CHECK(is_answered(asked[0]));
    CHECK(is_answered(asked[1]));
    CHECK_FALSE(is_answered(asked[2]));
    stage.settle();
    CHECK(is_answered(asked[2]));
}

TEST_CASE("runs that never rest keep no timer from firing, and no report from being heard") {
    Stage stage(one_decision_a_turn());
    REQUIRE(stage.create("endless", kEndless));
    REQUIRE(stage.create("sleep", kWait));
    REQUIRE(stage.create("etl", kTask));
    for (int i = 0; i < 3; ++i) started_beside(stage, "endless");
    const ExecutionId sleeping = started_beside(stage, "sleep");
    auto asked = ask(stage, "etl", R"({"x":1})");
    turn(stage, 20);
    const ExecutionId working = asked.get();
    REQUIRE(stage.runner.started.size() == 1);
    stage.engine().succeeded(stage.runner.started[0].token, Payload());
    turn(stage, 20);
    CHECK(stage.outcome(working) == "SUCCEEDED {}");
    stage.clock.advance(60s);
    turn(stage, 10);
    CHECK(stage.outcome(sleeping) == "SUCCEEDED {}");
}

TEST_CASE("messages that never end keep no timer from firing") {
    Stage stage(one_decision_a_turn());
    REQUIRE(stage.create("etl", kPass));
    REQUIRE(stage.create("sleep", kWait));
    const ExecutionId sleeping = started_beside(stage, "sleep");
    stage.clock.advance(60s);
    for (int i = 0; i < 4; ++i) {
        const auto asked = ask(stage, "etl");
        turn(stage);
        CHECK(is_answered(asked));
    }
    CHECK(stage.outcome(sleeping) == "SUCCEEDED {}");
}

TEST_CASE("an engine that stops does first what it has put off") {
    TemporaryFolder folder;
    auto journal = journal::SqliteJournal::open(folder.path(), 7);
    REQUIRE(journal);
    Engine engine(one_decision_a_turn(), **journal, system_clock());
    RememberingRunner runner;
    REQUIRE(engine.start(runner));
    WorkflowSpec spec;
    spec.name = "etl";
    spec.definition = kPass;
    REQUIRE(engine.create_workflow_now(spec));
    std::atomic<int> refused{0};
    constexpr int kReports = 200;
    for (int i = 0; i < kReports; ++i) {
        StartRequest request;
        request.workflow = "etl";
        engine.start_execution(request, [](const Result<Started>& started) { CHECK(started); });
        // Of nobody: it is answered all the same.
        engine.answer_task(core::TaskHeartbeat{{ExecutionId{1'000'000}, FrameId{0}, 1}},
                           [&](const Result<void>& told) { refused += told ? 0 : 1; });
    }
    engine.stop();
    CHECK(refused == kReports);
}

}  // namespace stepwell::test
