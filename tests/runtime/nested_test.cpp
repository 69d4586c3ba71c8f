#include <string>

#include "tests/runtime/stage.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

/// A stage with words for many executions.
class NestedStage : public Stage {
public:
    using Stage::Stage;
    void make(const std::string& name, const std::string& definition) {
        REQUIRE(create(name, definition));
    }
    ExecutionId begin(const std::string& name, const std::string& input) {
        const auto started = start(name, input);
        REQUIRE(started);
        return started->id;
    }
    ExecutionDescription describe(ExecutionId id) {
        auto description = reader().describe(id);
        REQUIRE(description);
        return *std::move(description);
    }
    void stop(ExecutionId id) {
        engine().stop_execution(id, {}, nullptr);
        settle();
    }
    std::size_t executions() {
        journal::ExecutionQuery query;
        query.limit = 10'000;
        return journal().executions(query)->size();
    }
    std::size_t running() {
        ListQuery query;
        query.status = core::Status::running;
        return reader().list(query)->items.size();
    }
    /// Those that `id` has started.
    std::vector<journal::ExecutionRecord> children_of(ExecutionId id) {
        journal::ExecutionQuery query;
        query.parent = id;
        return *journal().executions(query);
    }
};

std::string parent(const std::string& pattern, const std::string& more = "") {
    return R"({"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:)"
           R"(startExecution)" +
           pattern + R"(","Parameters":{"StateMachineArn":)" +
           R"("arn:aws:states:us-east-1:123456789012:stateMachine:child","Input.$":"$")" + more +
           R"(},"End":true}}})";
}

const std::string kFailing =
    R"({"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Boom","Cause":"it broke"}}})";

}  // namespace

TEST_CASE("a nested start answers with the execution, and does not wait for it") {
    NestedStage stage;
    stage.make("child", kWait);
    stage.make("parent", parent("", R"(,"Name":"c1")"));
    const auto id = stage.begin("parent", R"({"a":1})");
    const auto described = stage.describe(id);
    REQUIRE(described.output);
    const Json& output = described.output->json();
    CHECK(output["ExecutionArn"] == "arn:aws:states:us-east-1:123456789012:execution:child:c1");
    CHECK(output["SdkHttpMetadata"]["HttpStatusCode"] == 200);
    CHECK(output["StartDate"].is_number());
    CHECK(stage.executions() == 2);
}

TEST_CASE("a nested .sync waits, and its result is the child's description") {
    struct Case {
        std::string pattern;
        Json input;
        Json output;
    };
    const std::vector<Case> cases = {
        {".sync", R"({"a":1})", R"({"a":1})"},
        {".sync:2", Json{{"a", 1}}, Json{{"a", 1}}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.pattern);
        NestedStage stage;
        stage.make("child", kWait);
        stage.make("parent", parent(c.pattern));
        const auto id = stage.begin("parent", R"({"a":1})");
        CHECK(stage.describe(id).summary.status == core::Status::running);
        stage.advance(60s);
        const auto described = stage.describe(id);
        REQUIRE(described.output);
        const Json& output = described.output->json();
        CHECK(output["Status"] == "SUCCEEDED");
        CHECK(output["Input"] == c.input);
        CHECK(output["Output"] == c.output);
        CHECK(output["OutputDetails"] == Json{{"Included", true}});
    }
}

TEST_CASE("a child's failure fails the task with the child's description as its cause") {
    NestedStage stage;
    stage.make("child", kFailing);
    stage.make("parent", parent(".sync"));
    const auto described = stage.describe(stage.begin("parent", R"({"a":1})"));
    CHECK(described.error == "States.TaskFailed");
    const auto cause = parse_json(described.cause.value_or(""));
    REQUIRE(cause);
    std::string keys;
    for (const auto& [key, value] : cause->items()) keys += key + " ";
    CHECK(keys ==
          "Cause Error ExecutionArn Input InputDetails Name StartDate StateMachineArn Status "
          "StopDate ");
    CHECK((*cause)["Error"] == "Boom");
}

TEST_CASE("a start that the API refuses fails the task under the API's name") {
    NestedStage stage;
    stage.make("parent", parent(".sync"));
    CHECK(stage.describe(stage.begin("parent", "{}")).error ==
          "StepFunctions.StateMachineDoesNotExistException");
    stage.make("child", kWait);
    stage.make("named", parent(".sync:2", R"(,"Name":"c1")"));
    stage.begin("named", R"({"a":1})");
    CHECK(stage.describe(stage.begin("named", R"({"a":2})")).error ==
          "StepFunctions.ExecutionAlreadyExistsException");
}

TEST_CASE("a restart starts no child twice, also where it has ended in the meantime") {
    NestedStage stage;
    stage.make("child", kWait);
    stage.make("parent", parent(".sync:2"));
    const auto id = stage.begin("parent", R"({"a":1})");
    CHECK(stage.executions() == 2);
    stage.boot();
    stage.settle();
    CHECK(stage.executions() == 2);
    stage.clock.advance(60s);
    stage.boot();
    stage.settle();
    CHECK(stage.executions() == 2);
    CHECK(stage.describe(id).summary.status == core::Status::succeeded);
}

TEST_CASE("stopping the parent stops the child that it waits for") {
    NestedStage stage;
    stage.make("child", kWait);
    stage.make("parent", parent(".sync"));
    const auto id = stage.begin("parent", "{}");
    stage.stop(id);
    const auto listed = stage.reader().list({});
    REQUIRE(listed);
    for (const auto& item : listed->items) {
        CHECK(item.status == core::Status::aborted);
    }
}

TEST_CASE("every other resource goes to the runner behind") {
    NestedStage stage;
    stage.make("work", kTask);
    const auto id = stage.begin("work", R"({"x":1})");
    REQUIRE(stage.runner.started.size() == 1);
    stage.stop(id);
    CHECK(stage.runner.cancelled.size() == 1);
}

TEST_CASE("a child knows its parent, and a run its children") {
    NestedStage stage;
    stage.make("child", kWait);
    stage.make("parent", parent(".sync"));
    const auto id = stage.begin("parent", "{}");
    const auto children = stage.children_of(id);
    REQUIRE(children.size() == 1);
    REQUIRE(children[0].parent);
    CHECK(*children[0].parent == journal::ParentLink{{id, kRootFrame, 1}, 1});
    CHECK(children[0].origin == "parent");
    CHECK_FALSE((*stage.journal().execution(id))->parent);
    CHECK(stage.journal().waiting_for(children[0].id)->size() == 1);
    stage.advance(60s);
    CHECK(stage.journal().waiting_for(children[0].id)->empty());
}

TEST_CASE("no crash, at whatever commit, loses the end of a child or tells it twice") {
    for (const auto cut :
         {journal::MemoryDisk::Cut::before_durable, journal::MemoryDisk::Cut::after_durable}) {
        for (std::uint64_t commit = 1; commit <= 3; ++commit) {
            CAPTURE(commit);
            NestedStage stage;
            stage.make("child", kWait);
            stage.make("parent", parent(".sync:2", R"(,"Name":"c1")"));
            stage.disk->crash_at(commit, cut);
            StartRequest request;
            request.workflow = "parent";
            request.name = "p1";
            request.adopts_existing = true;
            for (int life = 0; life < 3; ++life) {
                stage.engine().start_execution(request, nullptr);
                stage.settle();
                stage.advance(60s);
                if (stage.failure) stage.boot();
                stage.failure.reset();
            }
            stage.settle();
            CHECK(stage.executions() == 2);
            CHECK(stage.running() == 0);
            CHECK(stage.types(ExecutionId{1}) ==
                  "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
                  "TaskSucceeded TaskStateExited ExecutionSucceeded");
        }
    }
}

TEST_CASE("a stop of the parent takes the child with it in one commit, or does not happen") {
    for (const auto cut :
         {journal::MemoryDisk::Cut::before_durable, journal::MemoryDisk::Cut::after_durable}) {
        NestedStage stage;
        stage.make("leaf", kWait);
        std::string middle = parent(".sync");
        middle.replace(middle.find(":child"), 6, ":leaf");
        stage.make("child", middle);
        stage.make("parent", parent(".sync"));
        const auto id = stage.begin("parent", "{}");
        CHECK(stage.running() == 3);
        stage.disk->crash_at(1, cut);
        stage.stop(id);
        REQUIRE(stage.failure);
        stage.boot();
        stage.settle();
        const bool is_stopped = cut == journal::MemoryDisk::Cut::after_durable;
        CHECK(stage.running() == (is_stopped ? 0 : 3));
        CHECK((stage.outcome(id) == "ABORTED") == is_stopped);
        stage.stop(id);
        CHECK(stage.running() == 0);
    }
}

TEST_CASE("a task that times out stops the child that it waits for") {
    NestedStage stage;
    stage.make("child", kWait);
    std::string timed = parent(".sync");
    timed.insert(timed.rfind(R"("End")"), R"("TimeoutSeconds":5,)");
    stage.make("parent", timed);
    const auto id = stage.begin("parent", "{}");
    stage.advance(5s);
    CHECK(stage.outcome(id) == "FAILED States.Timeout");
    CHECK(stage.outcome(stage.children_of(id).at(0).id) == "ABORTED");
}

TEST_CASE("a branch that fails stops the child of another") {
    NestedStage stage;
    stage.make("child", kWait);
    stage.make("parent", R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,)"
                         R"("Branches":[)" +
                             parent(".sync") +
                             R"(,{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,)"
                             R"("Next":"F"},"F":{"Type":"Fail","Error":"Boom"}}}]}}})");
    const auto id = stage.begin("parent", "{}");
    CHECK(stage.running() == 2);
    stage.advance(2s);
    CHECK(stage.outcome(id) == "FAILED Boom");
    CHECK(stage.running() == 0);
}

TEST_CASE("a start that is refused for a while is kept, also over a restart") {
    for (const bool is_restarted : {false, true}) {
        NestedStage stage;
        stage.make("child", kPass);
        std::string waits = parent(".sync");
        waits.replace(waits.find(R"("StartAt":"N","States":{)"), 24,
                      R"("StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"N"},)");
        stage.make("parent", waits);
        const auto id = stage.begin("parent", "{}");
        stage.disk->set_free_bytes(0);
        stage.advance(5s);
        CHECK(stage.outcome(id) == "RUNNING");
        CHECK(stage.executions() == 1);
        if (is_restarted) stage.boot();
        stage.settle();
        CHECK(stage.executions() == 1);
        stage.disk->set_free_bytes(UINT64_MAX);
        stage.advance(2s);
        CHECK(stage.executions() == 2);
        CHECK(stage.describe(id).summary.status == core::Status::succeeded);
    }
}

TEST_CASE("a start that waits is forgotten with its attempt") {
    NestedStage stage;
    stage.make("child", kPass);
    std::string waits = parent(".sync");
    waits.replace(waits.find(R"("StartAt":"N","States":{)"), 24,
                  R"("StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"N"},)");
    stage.make("parent", waits);
    const auto id = stage.begin("parent", "{}");
    stage.disk->set_free_bytes(0);
    stage.advance(5s);
    stage.stop(id);
    stage.disk->set_free_bytes(UINT64_MAX);
    stage.advance(5s);
    CHECK(stage.executions() == 1);
}

TEST_CASE("executions may wait for each other so deep, and no deeper") {
    EngineSettings settings;
    settings.nesting_max = 3;
    NestedStage stage(settings);
    stage.make("child", parent(".sync"));  // starts itself
    const auto id = stage.begin("child", "{}");
    CHECK(stage.executions() == 4);
    CHECK(stage.running() == 0);
    CHECK(stage.outcome(id) == "FAILED States.TaskFailed");
    CHECK(stage.outcome(ExecutionId{4}) == "FAILED StepFunctions.ExecutionLimitExceededException");
}

TEST_CASE("an execution that starts its successor and does not wait is not nested") {
    EngineSettings settings;
    settings.nesting_max = 1;
    NestedStage stage(settings);
    stage.make("child", R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"N"},)" +
                            parent("").substr(parent("").find(R"("N":{)")));
    stage.begin("child", "{}");
    for (int i = 0; i < 4; ++i) stage.advance(1s);
    CHECK(stage.executions() == 5);
    CHECK(stage.running() == 1);
}

TEST_CASE("all who wait for one child by its name are told of its end") {
    NestedStage stage;
    stage.make("child", kWait);
    stage.make("parent", parent(".sync", R"(,"Name":"c1")"));
    const auto one = stage.begin("parent", "{}");
    const auto other = stage.begin("parent", "{}");
    CHECK(stage.executions() == 3);
    stage.boot();
    stage.advance(60s);
    CHECK(stage.describe(one).summary.status == core::Status::succeeded);
    CHECK(stage.describe(other).summary.status == core::Status::succeeded);
    CHECK(stage.children_of(one).size() == 1);
    CHECK(stage.children_of(other).empty());
}

TEST_CASE("nobody outside may end an attempt that waits for a child") {
    NestedStage stage;
    stage.make("child", kWait);
    stage.make("parent", parent(".sync"));
    const auto id = stage.begin("parent", "{}");
    const auto told = stage.answer_of<void>([&](auto answer) {
        stage.engine().answer_task(core::TaskSucceeded{{id, kRootFrame, 1}, Payload()}, answer);
    });
    CHECK(told.error().code == ErrorCode::conflict);
    CHECK(stage.running() == 2);
}

TEST_CASE("more children than a turn starts are started in the turns that follow") {
    NestedStage stage;
    stage.make("child", kPass);
    stage.make("parent",
               R"x({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$","End":true,)x"
               R"x("ResultSelector":{"n.$":"States.ArrayLength($)"},"ItemProcessor":)x" +
                   parent(".sync:2") + "}}}");
    std::string items = "[1";
    for (int i = 2; i <= 600; ++i) items += "," + std::to_string(i);
    const auto id = stage.begin("parent", items + "]");
    CHECK(stage.outcome(id) == R"(SUCCEEDED {"n":600})");
    CHECK(stage.executions() == 601);
}

TEST_CASE("children that an older Stepwell has started go on, and their parents hear of them") {
    NestedStage stage;
    stage.make("child", kWait);
    stage.make("parent", parent(".sync"));
    const auto lives = stage.begin("parent", R"({"n":1})");
    const auto stopped = stage.begin("parent", R"({"n":2})");
    stage.disk->forget_parents();
    stage.boot();
    stage.stop(stopped);
    CHECK(stage.running() == 2);
    CHECK(stage.children_of(lives).size() == 1);
    stage.advance(60s);
    CHECK(stage.running() == 0);
    CHECK(stage.executions() == 4);
    CHECK(stage.describe(lives).summary.status == core::Status::succeeded);
}

TEST_CASE("a child that is put aside fails the task that waits for it") {
    EngineSettings settings;
    settings.loaded_executions_max = 0;
    NestedStage stage(settings);
    stage.make("child", kWait);
    stage.make("parent", parent(".sync"));
    const auto id = stage.begin("parent", "{}");
    REQUIRE(stage.executions() == 2);
    const ExecutionId child{value_of(id) + 1};
    stage.disk->mangle(child);
    stage.advance(60s);
    CHECK(stage.outcome(child) == "RUNNING");
    CHECK(stage.engine().statistics().quarantined == 1);
    CHECK(stage.outcome(id) == "FAILED States.TaskFailed");
    stage.stop(child);
    CHECK(stage.outcome(child) == "ABORTED");
    CHECK(stage.journal().waiting_for(child)->empty());
}

TEST_CASE("a parent that is put aside and stopped takes along whom it waits for") {
    EngineSettings settings;
    settings.loaded_executions_max = 0;
    NestedStage stage(settings);
    stage.make("child", kWait);
    stage.make("parent", parent(".sync"));
    const auto id = stage.begin("parent", "{}");
    stage.disk->mangle(id);
    stage.stop(id);
    CHECK(stage.outcome(id) == "ABORTED");
    CHECK(stage.running() == 0);
}

TEST_CASE("an attempt that finds its execution put aside fails") {
    EngineSettings settings;
    settings.loaded_executions_max = 0;
    NestedStage stage(settings);
    stage.make("child", kWait);
    stage.make("parent", parent(".sync"));
    const auto id = stage.begin("parent", "{}");
    const ExecutionId child{value_of(id) + 1};
    stage.disk->mangle(child);
    stage.disk->forget_parents();
    stage.boot();
    stage.settle();
    CHECK(stage.outcome(id) == "FAILED States.TaskFailed");
}

TEST_CASE("what nobody waits for goes on without its parent") {
    for (const std::string pattern : {"", ".waitForTaskToken"}) {
        CAPTURE(pattern);
        NestedStage stage;
        stage.make("child", kWait);
        std::string starts = parent(pattern);
        starts.replace(starts.find(R"("End":true)"), 10, R"("Next":"W")");
        starts.insert(starts.size() - 2, R"(,"W":{"Type":"Wait","Seconds":9,"End":true})");
        stage.make("parent", starts);
        const auto id = stage.begin("parent", "{}");
        CHECK(stage.running() == 2);
        stage.stop(id);
        CHECK(stage.outcome(id) == "ABORTED");
        CHECK(stage.outcome(stage.children_of(id).at(0).id) == "RUNNING");
    }
}

TEST_CASE("a name that was made for one run is not mistaken for that of a child") {
    NestedStage stage;
    stage.make("child", kWait);
    const auto other = stage.begin("child", "{}");
    const std::string made = stage.describe(other).summary.name;
    stage.make("parent", parent(".sync", R"(,"Name":")" + made + R"(")"));
    const auto id = stage.begin("parent", R"({"other":1})");
    CHECK(stage.outcome(id) == "FAILED StepFunctions.ExecutionAlreadyExistsException");
    CHECK(stage.outcome(other) == "RUNNING");
}

TEST_CASE("a start that waits over a restart takes no execution that has ended for its own") {
    NestedStage stage;
    stage.make("child", kPass);
    std::string waits = parent(".sync", R"(,"Name":"c1")");
    waits.replace(waits.find(R"("StartAt":"N","States":{)"), 24,
                  R"("StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"N"},)");
    stage.make("parent", waits);
    REQUIRE(stage.start("child", "{}", "c1"));
    const auto id = stage.begin("parent", "{}");
    stage.disk->set_free_bytes(0);
    stage.advance(5s);
    stage.boot();
    stage.disk->set_free_bytes(UINT64_MAX);
    stage.advance(2s);
    CHECK(stage.outcome(id) == "FAILED StepFunctions.ExecutionAlreadyExistsException");
}

}  // namespace stepwell::test
