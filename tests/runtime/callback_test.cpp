// Tasks that end by their token: what whoever holds it may say, and workers who take activities.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/runtime/activity.hpp"
#include "engine/runtime/work/activity_queue.hpp"
#include "tests/runtime/stage.hpp"

namespace stepwell::test {

namespace {

using runtime::ActivityQueue;
using runtime::ActivityTask;

const std::string kCallback = R"({"StartAt":"A","States":{"A":{"Type":"Task",
    "Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","HeartbeatSeconds":10,
    "Parameters":{"FunctionName":"f","Payload":{"token.$":"$$.Task.Token"}},
    "Retry":[{"ErrorEquals":["Again"],"IntervalSeconds":1,"MaxAttempts":1}],"End":true}}})";
const std::string kActivityArn = "arn:aws:states:us-east-1:123456789012:activity:act";
const std::string kActivity =
    R"({"StartAt":"A","States":{"A":{"Type":"Task","TimeoutSeconds":100,"HeartbeatSeconds":10,
    "Resource":")" +
    kActivityArn + R"(","End":true}}})";

/// The code of the refusal; nothing: it was taken.
std::optional<ErrorCode> tell(Stage& stage, core::Input said) {
    const auto told = stage.answer_of<void>(
        [&](auto answer) { stage.engine().answer_task(std::move(said), answer); });
    return told ? std::nullopt : std::optional(told.error().code);
}

/// What the last task was given as its token.
std::string token_text(const Stage& stage) {
    return stage.runner.started.back().parameters.json()["Payload"]["token"].get<std::string>();
}

core::TaskSucceeded success(const TaskToken& token) {
    return {token, Payload::trusted("{\"ok\":true}")};
}

void put_activity(Stage& stage, const std::string& name, bool is_there = true) {
    runtime::Writes writes;
    writes.documents.push_back({std::string(runtime::kActivities), name,
                                is_there ? std::optional<std::string>("{}") : std::nullopt});
    REQUIRE(stage.answer_of<void>([&](auto answer) { stage.engine().write(writes, answer); }));
}

/// A stage with a queue between the gate and the runner.
class Workshop {
public:
    explicit Workshop(runtime::PoolSlots pools = {}) : pools_(std::move(pools)) {
        stage_pools();
        put_activity(stage, "act");
    }
    /// A new life.
    void boot() {
        stage.boot_with([this](runtime::TaskRunner& runner) -> runtime::TaskRunner& {
            queue = std::make_unique<ActivityQueue>(runner);
            return *queue;
        });
        queue->connect(stage.engine());
        stage.settle();
    }
    /// A worker who waits until he is sent away.
    std::shared_ptr<void> wait(const std::string& name) {
        auto waiting = queue->wait(kActivityArn, name, [this, name](ActivityTask task) {
            given.push_back({name, std::move(task)});
            return true;
        });
        stage.settle();
        return waiting;
    }

    Stage stage;
    std::unique_ptr<ActivityQueue> queue;
    std::vector<std::pair<std::string, ActivityTask>> given;

private:
    void stage_pools() {
        stage.set_pools(pools_);
        boot();
    }
    runtime::PoolSlots pools_;
};

}  // namespace

TEST_CASE("who holds a task's token ends it, once, also after a restart") {
    Stage stage;
    REQUIRE(stage.create("w", kCallback));
    const auto run = stage.start("w");
    const auto token = stage.engine().task_token(token_text(stage));
    REQUIRE(token);
    CHECK(*token == stage.runner.started.back().token);
    CHECK(stage.engine().task_token_text(*token) == token_text(stage));
    stage.engine().submitted(*token, Payload());
    stage.settle();
    stage.boot();
    stage.settle();
    CHECK(stage.runner.started.empty());  // nothing is to be done but to wait
    CHECK_FALSE(tell(stage, core::TaskHeartbeat{*token}));
    CHECK_FALSE(tell(stage, success(*token)));
    CHECK(stage.outcome(run->id) == R"(SUCCEEDED {"ok":true})");
    CHECK(stage.types(run->id) ==
          "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
          "TaskSucceeded TaskStateExited ExecutionSucceeded");
    CHECK(tell(stage, success(*token)) == ErrorCode::conflict);
    CHECK(tell(stage, core::TaskHeartbeat{*token}) == ErrorCode::conflict);
}

TEST_CASE("a token is of one attempt: the next has another, and the old one ends nothing") {
    Stage stage;
    REQUIRE(stage.create("w", kCallback));
    const auto run = stage.start("w");
    const std::string first = token_text(stage);
    const TaskToken old = *stage.engine().task_token(first);
    CHECK_FALSE(tell(stage, core::TaskFailed{old, "Again", "so"}));
    stage.advance(Duration(1'000));
    REQUIRE(stage.runner.started.size() == 2);
    CHECK(token_text(stage) != first);
    CHECK(tell(stage, success(old)) == ErrorCode::conflict);
    CHECK_FALSE(tell(stage, success(*stage.engine().task_token(token_text(stage)))));
    CHECK(stage.outcome(run->id) == R"(SUCCEEDED {"ok":true})");
}

TEST_CASE("heartbeats keep a callback waiting and are no commits; without them its time is over") {
    Stage stage;
    REQUIRE(stage.create("w", kCallback));
    const auto run = stage.start("w");
    const TaskToken token = stage.runner.started.back().token;
    stage.engine().submitted(token, Payload());
    stage.settle();
    const auto commits = [&] {
        const auto statistics = stage.engine().statistics();
        std::uint64_t sum = 0;
        for (const std::uint64_t count : statistics.commits) sum += count;
        return sum;
    };
    const std::uint64_t before = commits();
    for (int i = 0; i < 5; ++i) {
        stage.clock.advance(Duration(1'500));
        CHECK_FALSE(tell(stage, core::TaskHeartbeat{token}));
    }
    CHECK(commits() == before);
    stage.advance(Duration(9'000));
    CHECK(stage.outcome(run->id) == "RUNNING");
    stage.advance(Duration(1'500));
    CHECK(stage.outcome(run->id) == "FAILED States.Timeout");
    CHECK(tell(stage, core::TaskHeartbeat{token}) == ErrorCode::conflict);
}

TEST_CASE("a token ends only what waits for it, and one of another journal is none") {
    Stage stage;
    REQUIRE(stage.create("w", kTask));
    const auto run = stage.start("w", R"({"x":1})");
    const TaskToken token = stage.runner.started.back().token;
    CHECK(tell(stage, success(token)) == ErrorCode::conflict);
    CHECK(stage.outcome(run->id) == "RUNNING");
    CHECK(tell(stage, success({ExecutionId{99}, FrameId{0}, 1})) == ErrorCode::not_found);
    CHECK_FALSE(stage.engine().task_token(core::to_task_token_text(token, 43)));
    CHECK_FALSE(stage.engine().task_token("nonsense"));
}

TEST_CASE("an activity is given to one worker, in the order in which tasks came") {
    Workshop shop;
    REQUIRE(shop.stage.create("w", kActivity));
    const auto first = shop.stage.start("w", R"({"n":1})", "first");
    const auto second = shop.stage.start("w", R"({"n":2})", "second");
    CHECK(shop.stage.types(first->id).ends_with("ActivityScheduled"));
    const auto ann = shop.wait("ann");
    REQUIRE(shop.given.size() == 1);
    CHECK(shop.given[0].first == "ann");
    CHECK(shop.given[0].second.input.text() == R"({"n":1})");
    CHECK(shop.stage.types(first->id).ends_with("ActivityScheduled ActivityStarted"));
    CHECK(shop.stage.types(second->id).ends_with("ActivityScheduled"));
    CHECK_FALSE(tell(shop.stage, success(shop.given[0].second.token)));
    CHECK(shop.stage.outcome(first->id) == R"(SUCCEEDED {"ok":true})");

    const auto bob = shop.wait("bob");
    REQUIRE(shop.given.size() == 2);
    const auto third = shop.stage.start("w", R"({"n":3})", "third");
    CHECK(shop.given.size() == 2);  // ann and bob have got theirs
    const auto cid = shop.wait("cid");
    REQUIRE(shop.given.size() == 3);
    CHECK(shop.given[2].second.input.text() == R"({"n":3})");
}

TEST_CASE("a worker who waits gets what comes, and one who has gone gets nothing") {
    Workshop shop;
    REQUIRE(shop.stage.create("w", kActivity));
    auto gone = shop.wait("gone");
    const auto here = shop.wait("here");
    gone.reset();
    REQUIRE(shop.stage.start("w"));
    REQUIRE(shop.given.size() == 1);
    CHECK(shop.given[0].first == "here");
}

TEST_CASE("what waits for a worker waits in the next life, and what a worker has is his there") {
    Workshop shop;
    REQUIRE(shop.stage.create("w", kActivity));
    const auto first = shop.stage.start("w", "{}", "first");
    const auto second = shop.stage.start("w", "{}", "second");
    auto ann = shop.wait("ann");
    REQUIRE(shop.given.size() == 1);
    ann.reset();
    shop.boot();
    const auto bob = shop.wait("bob");
    REQUIRE(shop.given.size() == 2);
    CHECK(shop.given[1].second.token.execution == second->id);
    const auto cid = shop.wait("cid");
    CHECK(shop.given.size() == 2);
    CHECK_FALSE(tell(shop.stage, success(shop.given[0].second.token)));
    CHECK(shop.stage.outcome(first->id) == R"(SUCCEEDED {"ok":true})");
}

TEST_CASE("an activity whose time is over before a worker came is given to nobody") {
    Workshop shop;
    REQUIRE(shop.stage.create("w", kActivity));
    const auto run = shop.stage.start("w");
    CHECK(shop.queue->waiting_tasks() == 1);
    shop.stage.advance(Duration(100'000));
    CHECK(shop.stage.outcome(run->id) == "FAILED States.Timeout");
    CHECK(shop.queue->waiting_tasks() == 0);
    const auto ann = shop.wait("ann");
    CHECK(shop.given.empty());
}

TEST_CASE("activities keep to the places of their workflow and the slots of their pool") {
    Workshop shop({{"desk", 1}});
    REQUIRE(shop.stage.put("w", kActivity, R"({"pool":"desk"})"));
    REQUIRE(shop.stage.start("w", "{}", "first"));
    REQUIRE(shop.stage.start("w", "{}", "second"));
    const auto ann = shop.wait("ann");
    const auto bob = shop.wait("bob");
    REQUIRE(shop.given.size() == 1);
    CHECK_FALSE(tell(shop.stage, success(shop.given[0].second.token)));
    CHECK(shop.given.size() == 2);
}

TEST_CASE("an activity that was deleted fails the state that asks for it") {
    Workshop shop;
    REQUIRE(shop.stage.create("w", kActivity));
    put_activity(shop.stage, "act", false);
    const auto run = shop.stage.start("w");
    CHECK(shop.stage.outcome(run->id) == "FAILED States.Runtime");
}

}  // namespace stepwell::test
