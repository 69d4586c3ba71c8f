// What becomes of a turn whose commit fails, by class of failure.
#include <string>

#include "tests/runtime/stage.hpp"

namespace stepwell::test {
namespace {

using namespace std::chrono_literals;
using namespace runtime;

/// Answers to several requests that are decided in one turn.
template <class T>
using Answers = std::vector<std::optional<Result<T>>>;

/// Asks for a start; its answer goes to `answers`, some time later.
void ask_to_start(Stage& stage, const std::string& name, Answers<Started>& answers) {
    StartRequest request;
    request.workflow = "etl";
    request.name = name;
    request.input = Payload::trusted(R"({"x":1})");
    const std::size_t index = answers.size();
    answers.emplace_back();
    stage.engine().start_execution(
        request, [&answers, index](Result<Started> started) { answers[index] = started; });
}

}  // namespace

TEST_CASE("what a task has submitted comes back to it with the next daemon") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    const auto started = stage.start("etl", R"({"x":1})");
    const TaskToken token = stage.runner.started.at(0).token;
    CHECK_FALSE(stage.runner.started[0].submitted);
    stage.engine().submitted(token, Payload::trusted(R"({"job":7})"));
    stage.settle();
    stage.boot();
    stage.settle();
    const TaskRequest again = stage.runner.started.at(0);
    CHECK(again.token == token);
    CHECK(again.is_restarted);
    REQUIRE(again.submitted);
    CHECK(again.submitted->text() == R"({"job":7})");
}

TEST_CASE("many clients that make and delete one workflow in one turn all get their way") {
    Stage stage;
    constexpr std::size_t kClients = 8;
    Answers<WorkflowStatus> made(kClients);
    Answers<void> deleted(kClients);
    for (std::size_t round = 0; round < 5; ++round) {
        for (std::size_t n = 0; n < kClients; ++n) {
            WorkflowSpec spec;
            spec.name = "etl";
            spec.definition = n % 2 ? kPass : kWait;
            stage.engine().create_workflow(spec, [&, n](auto status) { made[n] = status; });
            stage.engine().delete_workflow("etl", [&, n](auto done) { deleted[n] = done; });
        }
        const auto commits = stage.disk->commits();
        stage.settle();
        CHECK(stage.disk->commits() == commits + 1);
        for (std::size_t n = 0; n < kClients; ++n) {
            REQUIRE((made[n] && deleted[n]));
            CHECK((made[n]->has_value() && deleted[n]->has_value()));
        }
    }
    CHECK_FALSE(stage.failure);
    CHECK(stage.reader().workflows()->empty());
    REQUIRE(stage.create("etl", kPass));
    CHECK(stage.start("etl"));
}

TEST_CASE("while the journal is busy what waits is kept, starts are refused, and then it goes on") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    Answers<Started> answers;
    ask_to_start(stage, "a", answers);
    stage.disk->set_busy(true);
    stage.settle();
    CHECK_FALSE(answers[0]);
    CHECK(stage.runner.started.empty());
    CHECK(stage.engine().statistics().is_stalled);

    ask_to_start(stage, "b", answers);
    REQUIRE(answers[1]);
    CHECK(answers[1]->error().code == ErrorCode::unavailable);
    std::optional<Result<void>> written;
    stage.engine().write({{{"users", "ann", "1"}}, {}}, [&](auto done) { written = done; });
    // Nobody is told anything, however long it lasts; and nobody spins.
    const auto due = stage.engine().next_due();
    REQUIRE(due);
    CHECK(*due > stage.clock.now());
    for (int second = 0; second < 30; ++second) stage.advance(1s);
    CHECK_FALSE((answers[0] || written));
    CHECK_FALSE(stage.failure);

    stage.disk->set_busy(false);
    stage.advance(1s);
    REQUIRE(answers[0]);
    CHECK(answers[0]->has_value());
    CHECK(stage.runner.started.size() == 1);
    REQUIRE(written);
    CHECK(written->has_value());
    CHECK_FALSE(stage.engine().statistics().is_stalled);
    CHECK(stage.start("etl", "{}", "b"));
}

TEST_CASE("a start that the journal refuses is told so, and nothing else of its turn is lost") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    const auto running = stage.start("etl", R"({"x":0})", "running");
    REQUIRE(running);
    REQUIRE(stage.create("waits", kWait));
    const auto waiting = stage.start("waits");
    stage.disk->refuse_name("bad");
    Answers<Started> answers;
    ask_to_start(stage, "first", answers);
    ask_to_start(stage, "bad", answers);
    ask_to_start(stage, "last", answers);
    stage.engine().succeeded(stage.runner.started.at(0).token, Payload::trusted(R"({"rows":3})"));
    stage.engine().delete_workflow("waits", [](const Result<void>&) {});
    std::optional<Result<Closed>> closed;
    stage.engine().when_closed(running->id, [&](auto result) { closed = result; });
    stage.clock.advance(60s);  // a timer of the same turn
    stage.settle();

    CHECK_FALSE(stage.failure);
    REQUIRE((answers[0] && answers[1] && answers[2]));
    CHECK((answers[0]->has_value() && answers[2]->has_value()));
    REQUIRE_FALSE(answers[1]->has_value());
    CHECK(answers[1]->error().code == ErrorCode::conflict);
    CHECK(stage.outcome(running->id) == R"(SUCCEEDED {"rows":3})");
    REQUIRE(closed);
    CHECK(closed->has_value());
    CHECK(stage.runner.started.size() == 3);  // each of them once
    CHECK_FALSE(stage.start("waits"));
    stage.advance(1s);
    CHECK(stage.outcome(waiting->id).starts_with("SUCCEEDED"));

    // The journal and the memory agree.
    stage.boot();
    CHECK(stage.runner.started.size() == 0);
    CHECK(stage.start("etl", R"({"x":1})", "first")->id == (*answers[0])->id);
    CHECK(stage.start("etl", "{}", "fourth")->id > (*answers[2])->id);
}

TEST_CASE(
    "an engine whose journal somebody else has taken over stops at once, and writes nothing") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    const journal::MemoryJournal other(stage.disk);
    const auto commits = stage.disk->commits();
    CHECK_FALSE(stage.start("etl", R"({"x":1})"));
    REQUIRE(stage.failure);
    CHECK(stage.disk->commits() == commits);
    CHECK(stage.runner.started.empty());
    CHECK_FALSE(stage.start("etl", R"({"x":1})"));
}

}  // namespace stepwell::test
