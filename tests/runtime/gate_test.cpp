#include <algorithm>
#include <string>
#include <unordered_map>

#include "tests/runtime/stage.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

const std::string kOne =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"stepwell:shell","End":true}}})";
const std::string kTwo =
    R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"stepwell:shell","Next":"B"},
        "B":{"Type":"Task","Resource":"stepwell:shell","End":true}}})";
const std::string kMany =
    R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"T",
        "States":{"T":{"Type":"Task","Resource":"stepwell:shell","End":true}}}}}})";

/// "etl/monday:T ..." of what was started since the last call.
class Starts {
public:
    explicit Starts(Stage& stage) : stage_(stage) {}
    std::string news() {
        std::string text;
        for (; seen_ < stage_.runner.started.size(); ++seen_) {
            const TaskRequest& request = stage_.runner.started[seen_];
            text += (text.empty() ? "" : " ") + request.workflow_name + "/" +
                    request.execution_name + ":" + request.state_name;
        }
        return text;
    }
    /// Ends the attempt of that run that was started last.
    void succeed(const std::string& run) {
        const auto& all = stage_.runner.started;
        const auto found = std::find_if(all.rbegin(), all.rend(), [&](const TaskRequest& request) {
            return request.execution_name == run;
        });
        REQUIRE(found != all.rend());
        stage_.engine().succeeded(found->token, Payload::trusted("{}"));
        stage_.settle();
    }

private:
    Stage& stage_;
    std::size_t seen_ = 0;
};

/// A gate without an engine: what it grants is handed over again, picked up.
class BareGate {
public:
    explicit BareGate(const PoolSlots& pools) : gate(pools, runner) {}
    void start(TaskRequest request) {
        request.is_picked_up = false;
        waiting_.emplace(request.token, request);
        gate.start(std::move(request));
    }
    void turn_over() {
        gate.turn_over();
        for (const TaskToken& token : gate.take_granted()) {
            auto request = waiting_.extract(token);
            REQUIRE_FALSE(request.empty());
            request.mapped().is_picked_up = true;
            gate.start(std::move(request.mapped()));
        }
    }
    RememberingRunner runner;
    TaskGate gate;

private:
    std::unordered_map<TaskToken, TaskRequest> waiting_;
};

std::string items(int count) {
    std::string text = "[";
    for (int i = 0; i < count; ++i) text += (i ? ",1" : "1");
    return text + "]";
}

}  // namespace

TEST_CASE("a pool has as many tasks at work as it has slots, and a free slot is given on") {
    Stage stage({}, {{"warehouse", 2}});
    REQUIRE(stage.put("etl", kMany, R"({"pool":"warehouse"})"));
    const auto started = stage.start("etl", items(5));
    CHECK(stage.runner.started.size() == 2);
    stage.succeed("{}");
    CHECK(stage.runner.started.size() == 3);
    const auto pools = stage.gate->pools();
    REQUIRE(pools.size() == 1);
    CHECK((pools[0].working.size() == 2 && pools[0].waiting_count == 2));
    for (int i = 0; i < 3; ++i) stage.succeed("{}");
    CHECK(stage.outcome(started->id) == "RUNNING");
    stage.engine().succeeded(stage.runner.started[0].token, Payload::trusted("{}"));
    stage.settle();
    CHECK(stage.outcome(started->id) == "SUCCEEDED [{},{},{},{},{}]");
    CHECK(stage.gate->pools()[0].working.empty());
}

TEST_CASE("a free slot goes to the higher priority, then to whoever came first") {
    Stage stage({}, {{"p", 1}});
    REQUIRE(stage.put("low", kOne, R"({"pool":"p","priority":-1})"));
    REQUIRE(stage.put("high", kOne, R"({"pool":"p","priority":5})"));
    Starts starts(stage);
    REQUIRE(stage.start("low", "{}", "a"));
    REQUIRE(stage.start("low", "{}", "b"));
    stage.advance(1s);
    REQUIRE(stage.start("low", "{}", "c"));
    REQUIRE(stage.start("high", "{}", "d"));
    CHECK(starts.news() == "low/a:T");
    starts.succeed("a");
    CHECK(starts.news() == "high/d:T");
    starts.succeed("d");
    CHECK(starts.news() == "low/b:T");
    starts.succeed("b");
    CHECK(starts.news() == "low/c:T");
}

TEST_CASE("a state's own pool counts before the workflow's; an unknown pool limits nothing") {
    Stage stage({}, {{"a", 1}, {"b", 1}});
    REQUIRE(stage.put("etl", kTwo, R"({"pool":{"A":"a","*":"b"}})"));
    REQUIRE(stage.put("free", kTwo, R"({"pool":"typo"})"));
    Starts starts(stage);
    REQUIRE(stage.start("etl", "{}", "x"));
    REQUIRE(stage.start("etl", "{}", "y"));
    CHECK(starts.news() == "etl/x:A");
    starts.succeed("x");
    CHECK(starts.news() == "etl/y:A etl/x:B");
    starts.succeed("y");
    CHECK(starts.news().empty());
    REQUIRE(stage.start("free", "{}", "1"));
    REQUIRE(stage.start("free", "{}", "2"));
    CHECK(starts.news() == "free/1:A free/2:A");
}

TEST_CASE("a run of a limited workflow holds its place until it ends; the oldest run is next") {
    Stage stage;
    REQUIRE(stage.put("etl", kTwo, R"({"concurrency":1})"));
    Starts starts(stage);
    for (const std::string name : {"a", "b", "c"}) REQUIRE(stage.start("etl", "{}", name));
    CHECK(starts.news() == "etl/a:A");
    const GateWorkflow shown = stage.gate->workflow("etl");
    CHECK((shown.concurrency == 1 && shown.waiting_count == 2));
    REQUIRE((shown.holders.size() == 1 && shown.holders[0].run == "a"));
    starts.succeed("a");
    CHECK(starts.news() == "etl/a:B");
    starts.succeed("a");
    CHECK(starts.news() == "etl/b:A");
}

TEST_CASE("a raised limit lets those go on that wait, a new one counts who is at work") {
    Stage stage;
    REQUIRE(stage.put("etl", kOne, "{}"));
    Starts starts(stage);
    REQUIRE(stage.start("etl", "{}", "a"));
    REQUIRE(stage.put("etl", kOne, R"({"concurrency":1})"));
    REQUIRE(stage.start("etl", "{}", "b"));
    CHECK(starts.news() == "etl/a:T");
    REQUIRE(stage.put("etl", kOne, R"({"concurrency":{"runs":2}})"));
    CHECK(starts.news() == "etl/b:T");
}

TEST_CASE("a task that waits is cancelled without having begun") {
    Stage stage({}, {{"p", 1}});
    REQUIRE(stage.put("long", kOne, R"({"pool":"p"})"));
    Starts starts(stage);
    REQUIRE(stage.start("long", "{}", "holder"));
    const auto stopped = stage.start("long", "{}", "stopped");
    REQUIRE(stage.answer_of<Timestamp>(
        [&](auto answer) { stage.engine().stop_execution(stopped->id, {}, answer); }));
    starts.succeed("holder");
    CHECK(starts.news() == "long/holder:T");
    CHECK(stage.runner.cancelled.empty());
    CHECK((stage.gate->pools()[0].working.empty() && stage.gate->pools()[0].waiting_count == 0));
}

TEST_CASE("a task's time runs from when somebody takes it, the workflow's while it waits") {
    Stage stage({}, {{"p", 1}});
    REQUIRE(stage.put("etl", R"({"StartAt":"T","States":{"T":{"Type":"Task",
        "Resource":"stepwell:shell","TimeoutSeconds":10,"End":true}}})",
                      R"({"pool":"p"})"));
    REQUIRE(stage.put("short", R"({"StartAt":"T","TimeoutSeconds":30,"States":{"T":{"Type":"Task",
        "Resource":"stepwell:shell","End":true}}})",
                      R"({"pool":"p"})"));
    REQUIRE(stage.put("long", kOne, R"({"pool":"p"})"));
    Starts starts(stage);
    REQUIRE(stage.start("long", "{}", "holder"));
    const auto late = stage.start("etl", "{}", "late");
    const auto impatient = stage.start("short", "{}", "impatient");
    CHECK(stage.types(late->id).ends_with("TaskStateEntered TaskScheduled"));
    stage.advance(40s);
    CHECK(stage.outcome(late->id) == "RUNNING");
    CHECK(stage.outcome(impatient->id).starts_with("TIMED_OUT"));
    starts.succeed("holder");
    CHECK(starts.news() == "long/holder:T etl/late:T");
    CHECK(stage.types(late->id).ends_with("TaskScheduled TaskStarted"));
    stage.advance(9s);
    CHECK(stage.outcome(late->id) == "RUNNING");
    stage.advance(1s);
    CHECK(stage.outcome(late->id) == "FAILED States.Timeout");
}

TEST_CASE("a task that nothing makes wait is scheduled and started in one commit") {
    Stage stage;
    REQUIRE(stage.put("etl", kTwo, R"({"concurrency":1})"));
    REQUIRE(stage.put("free", kTwo, "{}"));
    std::uint64_t before = stage.disk->commits();
    const auto unlimited = stage.start("free");
    CHECK(stage.disk->commits() == before + 1);
    CHECK(stage.types(unlimited->id) ==
          "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted");
    REQUIRE(stage.start("etl"));
    before = stage.disk->commits();
    stage.succeed("{}");  // it has its place: the second task need not ask for one
    CHECK(stage.disk->commits() == before + 1);
}

TEST_CASE("no task begins before its start is durable") {
    for (const auto cut :
         {journal::MemoryDisk::Cut::before_durable, journal::MemoryDisk::Cut::after_durable}) {
        Stage stage;
        REQUIRE(stage.put("etl", kOne, R"({"concurrency":1})"));
        stage.disk->crash_at(2, cut);  // the start is one commit, taking up the task another
        const auto started = stage.start("etl");
        CHECK(stage.failure.has_value());
        CHECK(stage.runner.started.empty());
        stage.boot();
        stage.settle();
        REQUIRE(stage.runner.started.size() == 1);
        const bool may_have_begun = cut == journal::MemoryDisk::Cut::after_durable;
        CHECK(stage.runner.started[0].is_restarted == may_have_begun);
        stage.succeed("{}");
        CHECK(stage.outcome(started->id) == "SUCCEEDED {}");
    }
}

TEST_CASE("a run that waits between two tasks keeps its place over a restart") {
    const std::string waits_between = R"({"StartAt":"A","States":{
        "A":{"Type":"Task","Resource":"stepwell:shell","Next":"W"},
        "W":{"Type":"Wait","Seconds":60,"Next":"B"},
        "B":{"Type":"Task","Resource":"stepwell:shell","End":true}}})";
    Stage stage;
    REQUIRE(stage.put("etl", waits_between, R"({"concurrency":1})"));
    Starts starts(stage);
    REQUIRE(stage.start("etl", "{}", "a"));
    starts.succeed("a");
    REQUIRE(stage.start("etl", "{}", "b"));
    CHECK(starts.news() == "etl/a:A");
    stage.boot();
    stage.settle();
    Starts later(stage);
    CHECK(later.news().empty());
    REQUIRE(stage.gate->workflow("etl").holders.size() == 1);
    CHECK(stage.gate->workflow("etl").holders[0].run == "a");
    stage.advance(60s);
    CHECK(later.news() == "etl/a:B");
    later.succeed("a");
    CHECK(later.news() == "etl/b:A");
}

TEST_CASE("a new limit counts runs that have begun and wait, too; a restart remembers them") {
    const std::string waits = R"({"StartAt":"A","States":{
        "A":{"Type":"Task","Resource":"stepwell:shell","Next":"W"},
        "W":{"Type":"Wait","Seconds":60,"End":true}}})";
    Stage stage;
    REQUIRE(stage.put("etl", waits, "{}"));
    REQUIRE(stage.start("etl", "{}", "a"));
    stage.succeed("{}");
    REQUIRE(stage.put("etl", waits, R"({"concurrency":1})"));
    REQUIRE(stage.start("etl", "{}", "b"));
    CHECK(stage.runner.started.size() == 1);
    stage.boot();
    stage.settle();
    CHECK(stage.runner.started.empty());
    stage.advance(60s);
    CHECK(Starts(stage).news() == "etl/b:A");
}

TEST_CASE("a task that waited waits again after a restart, unless nothing limits it any more") {
    Stage stage({}, {{"p", 1}});
    REQUIRE(stage.put("etl", kOne, R"({"pool":"p"})"));
    for (const std::string name : {"a", "b"}) REQUIRE(stage.start("etl", "{}", name));
    stage.boot();
    stage.settle();
    REQUIRE(stage.runner.started.size() == 1);
    CHECK(stage.runner.started[0].is_restarted);
    stage.set_pools({});
    stage.boot();
    stage.settle();
    REQUIRE(stage.runner.started.size() == 2);
    CHECK((stage.runner.started[0].is_restarted && !stage.runner.started[1].is_restarted));
}

TEST_CASE("what one turn stops does not begin first") {
    Stage stage({}, {{"p", 2}});
    REQUIRE(stage.put("etl", kMany, R"({"pool":"p"})"));
    const auto started = stage.start("etl", items(50));
    REQUIRE(stage.answer_of<Timestamp>(
        [&](auto answer) { stage.engine().stop_execution(started->id, {}, answer); }));
    CHECK(stage.runner.started.size() == 2);
    CHECK(stage.runner.cancelled.size() == 2);
}

TEST_CASE("places and slots are derived anew after a restart") {
    Stage stage({}, {{"p", 1}});
    REQUIRE(stage.put("etl", kOne, R"({"pool":"p","concurrency":2})"));
    for (const std::string name : {"a", "b", "c"}) REQUIRE(stage.start("etl", "{}", name));
    stage.boot();
    stage.settle();
    Starts starts(stage);
    CHECK(starts.news() == "etl/a:T");
    CHECK(stage.gate->workflow("etl").holders.size() == 2);
    starts.succeed("a");
    CHECK(starts.news() == "etl/b:T");
    starts.succeed("b");
    CHECK(starts.news() == "etl/c:T");
}

TEST_CASE("what an older Stepwell wrote down as started waits, as it may not have begun") {
    BareGate bare({});
    bare.gate.version_changed("etl", R"({"options":{"concurrency":1}})");
    TaskRequest request;
    request.workflow_name = "etl";
    request.is_restarted = true;
    for (std::uint64_t id = 1; id <= 2; ++id) {
        request.token = {ExecutionId{id}, kRootFrame, 1};
        bare.gate.start(request);
    }
    CHECK(bare.runner.started.empty());
    bare.gate.turn_over();
    CHECK(bare.gate.take_granted() == std::vector<TaskToken>{{ExecutionId{1}, kRootFrame, 1}});
}

TEST_CASE("work that was handed over before a restart goes through at once") {
    RememberingRunner runner;
    TaskGate gate({{"p", 1}}, runner);
    gate.version_changed("etl", R"({"options":{"pool":"p","concurrency":1}})");
    TaskRequest request;
    request.workflow_name = "etl";
    for (std::uint64_t id = 1; id <= 2; ++id) {
        request.token = {ExecutionId{id}, kRootFrame, 1};
        request.submitted = Payload::trusted("{}");
        gate.start(request);
    }
    gate.turn_over();
    CHECK(runner.started.size() == 2);
    CHECK(gate.pools()[0].working.size() == 2);
}

TEST_CASE("a task that starts another workflow takes no slot") {
    RememberingRunner runner;
    TaskGate gate({{"p", 1}}, runner);
    gate.version_changed("etl", R"({"options":{"pool":"p"}})");
    TaskRequest request;
    request.workflow_name = "etl";
    request.resource = "arn:aws:states:::states:startExecution.sync:2";
    request.token = {ExecutionId{1}, kRootFrame, 1};
    gate.start(request);
    request.resource = "stepwell:shell";
    request.token = {ExecutionId{2}, kRootFrame, 1};
    gate.start(request);
    gate.turn_over();
    CHECK(runner.started.size() == 2);
}

TEST_CASE("a run sees its place in the queue") {
    BareGate bare({{"p", 1}});
    TaskGate& gate = bare.gate;
    gate.version_changed("etl", R"({"options":{"pool":"p"}})");
    TaskRequest request;
    request.workflow_name = "etl";
    for (std::uint64_t id = 1; id <= 4; ++id) {
        request.token = {ExecutionId{id}, kRootFrame, 1};
        bare.start(request);
    }
    bare.turn_over();
    const GateRun shown = gate.run(ExecutionId{4});
    REQUIRE(shown.tasks.size() == 1);
    CHECK(shown.tasks[0].stage == GateTask::Stage::waiting_for_slot);
    CHECK(shown.tasks[0].place == 3);
    CHECK(gate.run(ExecutionId{9}).tasks.empty());
}

TEST_CASE("a hundred thousand waiting tasks cost each the same") {
    BareGate bare({{"p", 2}});
    TaskGate& gate = bare.gate;
    gate.version_changed("etl", R"({"options":{"pool":"p"}})");
    TaskRequest request;
    request.workflow_name = "etl";
    constexpr std::uint32_t kTasks = 100'000;
    for (std::uint32_t n = 1; n <= kTasks; ++n) {
        request.token = {ExecutionId{1 + n / 1000}, FrameId{n}, 1};
        bare.start(request);
    }
    bare.turn_over();
    for (std::size_t n = 0; n < kTasks; ++n) {
        REQUIRE(bare.runner.started.size() > n);
        gate.finished(bare.runner.started[n].token);
        bare.turn_over();
    }
    CHECK(bare.runner.started.size() == kTasks);
    CHECK(gate.pools()[0].working.empty());
}

TEST_CASE("a workflow's pools that the configuration does not have are known, and limit nothing") {
    Stage stage({}, {{"warehouse", 1}});
    REQUIRE(stage.put("etl", kOne, R"({"pool":{"T":"warehose","*":"warehouse"}})"));
    CHECK(stage.gate->workflow("etl").unknown_pools == std::vector<std::string>{"warehose"});
    Starts starts(stage);
    for (const std::string name : {"a", "b"}) REQUIRE(stage.start("etl", "{}", name));
    CHECK(starts.news() == "etl/a:T etl/b:T");
    stage.boot();
    CHECK(stage.gate->workflow("etl").unknown_pools.size() == 1);
    REQUIRE(stage.put("etl", kOne, R"({"pool":"warehouse"})"));
    CHECK(stage.gate->workflow("etl").unknown_pools.empty());
    CHECK(stage.gate->workflow("other").unknown_pools.empty());
}

TEST_CASE("an attempt whose time ran out while no daemon was there is not begun again") {
    Stage stage;
    REQUIRE(stage.create("w", R"({"StartAt":"T","States":{"T":{"Type":"Task",
        "Resource":"stepwell:x","TimeoutSeconds":5,"End":true}}})"));
    const auto run = stage.start("w");
    REQUIRE(stage.runner.started.size() == 1);
    stage.clock.advance(Duration(60'000));
    stage.boot();
    stage.settle();
    CHECK(stage.outcome(run->id) == "FAILED States.Timeout");
    CHECK(stage.runner.started.empty());
    CHECK(stage.runner.cancelled.size() == 1);
}

}  // namespace stepwell::test
