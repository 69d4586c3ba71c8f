#include <string>

#include "engine/runtime/work/nested_runner.hpp"
#include "tests/runtime/stage.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

/// A stage whose runner is the nested one, in front of the remembering one.
class NestedStage {
public:
    explicit NestedStage(EngineSettings own = {}) : settings(std::move(own)) { boot(); }
    void boot() {
        engine.reset();
        disk->repair();
        others = {};
        journal = std::make_unique<journal::MemoryJournal>(disk);
        engine = std::make_unique<Engine>(settings, *journal, clock);
        runner = std::make_unique<NestedRunner>(*engine, others);
        REQUIRE(engine->start(*runner, Engine::Threading::manual));
    }
    void settle() {
        while (engine->step()) {
        }
    }
    void create(const std::string& name, const std::string& definition) {
        WorkflowSpec spec;
        spec.name = name;
        spec.definition = definition;
        bool is_created = false;
        engine->create_workflow(spec, [&](const auto& status) { is_created = status.has_value(); });
        settle();
        REQUIRE(is_created);
    }
    ExecutionId start(const std::string& name, const std::string& input) {
        StartRequest request;
        request.workflow = name;
        request.input = Payload::trusted(input);
        std::optional<ExecutionId> id;
        engine->start_execution(request, [&](const auto& started) { id = started->id; });
        settle();
        REQUIRE(id);
        return *id;
    }
    ExecutionDescription describe(ExecutionId id) {
        auto description = Reader(*journal).describe(id);
        REQUIRE(description);
        return *std::move(description);
    }
    std::size_t executions() { return Reader(*journal).list({})->items.size(); }

    EngineSettings settings;
    std::shared_ptr<journal::MemoryDisk> disk = std::make_shared<journal::MemoryDisk>();
    FakeClock clock;
    RememberingRunner others;
    std::unique_ptr<journal::MemoryJournal> journal;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<NestedRunner> runner;
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
    stage.create("child", kWait);
    stage.create("parent", parent("", R"(,"Name":"c1")"));
    const auto id = stage.start("parent", R"({"a":1})");
    const auto described = stage.describe(id);
    REQUIRE(described.output);
    const Json& output = described.output->json();
    CHECK(output["ExecutionArn"] == "arn:aws:states:us-east-1:123456789012:execution:child:c1");
    CHECK(output["SdkHttpMetadata"]["HttpStatusCode"] == 200);
    CHECK(output["StartDate"].is_number());
    CHECK(stage.executions() == 2);
}

TEST_CASE("a child that is put aside fails the task that waits for it") {
    EngineSettings settings;
    settings.loaded_executions_max = 0;
    NestedStage stage(settings);
    stage.create("child", kWait);
    stage.create("parent", parent(".sync"));
    const auto id = stage.start("parent", "{}");
    REQUIRE(stage.executions() == 2);
    const ExecutionId child{value_of(id) + 1};
    stage.disk->mangle(child);
    stage.clock.advance(60s);
    stage.settle();
    CHECK(stage.describe(child).summary.status == core::Status::running);
    CHECK(stage.engine->statistics().quarantined == 1);
    CHECK(stage.describe(id).summary.status == core::Status::failed);
    CHECK(stage.describe(id).error == "States.TaskFailed");
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
        stage.create("child", kWait);
        stage.create("parent", parent(c.pattern));
        const auto id = stage.start("parent", R"({"a":1})");
        CHECK(stage.describe(id).summary.status == core::Status::running);
        stage.clock.advance(60s);
        stage.settle();
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
    stage.create("child", kFailing);
    stage.create("parent", parent(".sync"));
    const auto described = stage.describe(stage.start("parent", R"({"a":1})"));
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
    stage.create("parent", parent(".sync"));
    CHECK(stage.describe(stage.start("parent", "{}")).error ==
          "StepFunctions.StateMachineDoesNotExistException");
    stage.create("child", kWait);
    stage.create("named", parent(".sync:2", R"(,"Name":"c1")"));
    stage.start("named", R"({"a":1})");
    CHECK(stage.describe(stage.start("named", R"({"a":2})")).error ==
          "StepFunctions.ExecutionAlreadyExistsException");
}

TEST_CASE("a restart starts no child twice, also where it has ended in the meantime") {
    NestedStage stage;
    stage.create("child", kWait);
    stage.create("parent", parent(".sync:2"));
    const auto id = stage.start("parent", R"({"a":1})");
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
    stage.create("child", kWait);
    stage.create("parent", parent(".sync"));
    const auto id = stage.start("parent", "{}");
    stage.engine->stop_execution(id, {}, nullptr);
    stage.settle();
    const auto listed = Reader(*stage.journal).list({});
    REQUIRE(listed);
    for (const auto& item : listed->items) {
        CHECK(item.status == core::Status::aborted);
    }
}

TEST_CASE("every other resource goes to the runner behind") {
    NestedStage stage;
    stage.create("work", kTask);
    const auto id = stage.start("work", R"({"x":1})");
    REQUIRE(stage.others.started.size() == 1);
    stage.engine->stop_execution(id, {}, nullptr);
    stage.settle();
    CHECK(stage.others.cancelled.size() == 1);
}

}  // namespace stepwell::test
