#include <string>

#include "tests/runtime/stage.hpp"
#include "tests/support/commit.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

TEST_CASE("a chain that needs nothing from outside is one commit") {
    Stage stage;
    REQUIRE(stage.create("etl", kPass));
    const auto before = stage.disk->commits();
    const auto started = stage.start("etl");
    REQUIRE(started);
    CHECK(stage.disk->commits() == before + 1);
    CHECK(stage.outcome(started->id) == "SUCCEEDED {\"a\":1}");
    CHECK(started->arn == "arn:aws:states:us-east-1:123456789012:execution:etl:" + started->name);
}

TEST_CASE("no task starts, nobody is answered and nobody is told before the commit") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    int answers = 0;
    int told = 0;
    Listener listener;
    listener.events = [&](const core::Execution&, const std::vector<core::Event>&) { ++told; };
    const Subscription subscription = stage.engine().subscribe(listener);
    stage.disk->crash_at(1, journal::MemoryDisk::Cut::before_durable);
    StartRequest request;
    request.workflow = "etl";
    request.input = Payload::trusted(R"({"x":1})");
    std::optional<ErrorCode> code;
    stage.engine().start_execution(request, [&](const Result<Started>& started) {
        ++answers;
        if (!started) code = started.error().code;
    });
    CHECK(answers == 0);
    stage.settle();
    CHECK((answers == 1 && told == 0 && code == ErrorCode::io));
    CHECK(stage.runner.started.empty());
    REQUIRE(stage.failure);

    // It is over: whoever asks now is told so at once.
    CHECK(stage.start("etl").error().code == ErrorCode::io);
    stage.boot();
    CHECK(stage.reader().list({})->items.empty());
    CHECK(stage.start("etl", R"({"x":1})"));
}

TEST_CASE("a task is started with all it may want to know, and its report moves the execution on") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    const auto started = stage.start("etl", R"({"x":7})", "monday");
    REQUIRE(started);
    REQUIRE(stage.runner.started.size() == 1);
    const TaskRequest request = stage.runner.started[0];
    CHECK(request.resource == "stepwell:shell");
    CHECK(request.parameters.text() == R"({"x":7})");
    CHECK((request.state_name == "T" && request.workflow_name == "etl"));
    CHECK((request.execution_name == "monday" && request.execution_arn == started->arn));
    CHECK((request.timeout_seconds == 100 && request.retry_count == 0 && !request.is_restarted));
    stage.succeed(R"({"rows":3})");
    CHECK(stage.outcome(started->id) == R"(SUCCEEDED {"rows":3})");

    // Late reports change nothing.
    stage.engine().failed(request.token, "E", std::nullopt);
    stage.settle();
    CHECK(stage.outcome(started->id) == R"(SUCCEEDED {"rows":3})");
}

TEST_CASE("a retry waits for its time, keeps its run key, and has its own token") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    REQUIRE(stage.start("etl", R"({"x":7})"));
    const TaskRequest first = stage.runner.started.at(0);
    stage.engine().failed(first.token, "E", "broken");
    stage.settle();
    CHECK(stage.runner.started.size() == 1);
    stage.advance(4s);
    CHECK(stage.runner.started.size() == 1);
    stage.advance(1s);
    REQUIRE(stage.runner.started.size() == 2);
    const TaskRequest second = stage.runner.started.at(1);
    CHECK(second.retry_count == 1);
    CHECK(second.run_key == first.run_key);
    CHECK(second.token != first.token);
    REQUIRE(stage.start("etl", R"({"x":7})"));
    CHECK(stage.runner.started.at(2).run_key != first.run_key);
}

TEST_CASE("an attempt that its own decision aborts is never started") {
    Stage stage;
    REQUIRE(stage.create("etl", R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,
        "Branches":[{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"stepwell:shell",
        "End":true}}},{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}}]}}})"));
    CHECK(stage.outcome(stage.start("etl")->id) == "FAILED E");
    CHECK(stage.runner.started.empty());
}

TEST_CASE("who names the version that a workflow has replaces it, and nobody else's change") {
    Stage stage;
    WorkflowSpec spec;
    spec.name = "etl";
    spec.definition = kPass;
    const auto put = [&](std::optional<VersionId> replaces, const std::string& definition) {
        spec.definition = definition;
        spec.replaces = replaces;
        const auto status = stage.answer_of<WorkflowStatus>(
            [&](auto answer) { stage.engine().put_workflow(spec, answer); });
        REQUIRE(status);
        return *status;
    };
    CHECK(put(VersionId{7}, kPass).is_stale);  // there is none
    const auto first = put(VersionId{}, kPass);
    CHECK((!first.is_stale && first.number == 1));
    CHECK(put(VersionId{}, kWait).is_stale);  // there is one
    const auto second = put(first.version, kWait);
    CHECK((!second.is_stale && second.number == 2));
    const auto late = put(first.version, kPass);
    CHECK((late.is_stale && late.number == 2));
    CHECK(put(std::nullopt, kPass).number == 3);
}

TEST_CASE("after a restart timers fire and tasks in flight are started again") {
    Stage stage;
    REQUIRE(stage.create("sleep", kWait));
    REQUIRE(stage.create("work", kTask));
    const auto asleep = stage.start("sleep");
    const auto at_work = stage.start("work", R"({"x":7})");
    const TaskRequest before = stage.runner.started.at(0);
    stage.clock.advance(30s);
    stage.boot();
    stage.settle();
    REQUIRE(stage.runner.started.size() == 1);
    const TaskRequest after = stage.runner.started.at(0);
    CHECK((after.is_restarted && after.token == before.token && after.run_key == before.run_key));
    CHECK(after.parameters == before.parameters);
    stage.succeed("1");
    CHECK(stage.outcome(at_work->id) == "SUCCEEDED 1");
    CHECK(stage.outcome(asleep->id) == "RUNNING");
    stage.advance(30s);
    CHECK(stage.outcome(asleep->id) == "SUCCEEDED {}");
}

TEST_CASE("executions that do not fit into memory are in the journal and come back") {
    EngineSettings settings;
    settings.loaded_executions_max = 3;
    Stage stage(settings);
    REQUIRE(stage.create("sleep", kWait));
    REQUIRE(stage.create("work", kTask));
    std::vector<ExecutionId> ids;
    for (int i = 0; i < 20; ++i) {
        ids.push_back(stage.start(i % 2 ? "sleep" : "work", R"({"x":1})")->id);
    }
    CHECK(stage.engine().statistics().loaded_executions <= 3);
    const auto requests = stage.runner.started;
    for (const auto& request : requests) stage.engine().succeeded(request.token, Payload());
    stage.settle();
    stage.advance(60s);
    for (const ExecutionId id : ids) CHECK(stage.outcome(id).starts_with("SUCCEEDED"));
    CHECK(stage.engine().statistics().timers < 20);
}

TEST_CASE("open executions are counted, in memory or not, over ends and restarts") {
    EngineSettings settings;
    settings.loaded_executions_max = 2;
    Stage stage(settings);
    REQUIRE(stage.create("sleep", kWait));
    REQUIRE(stage.create("pass", R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})"));
    const auto open_runs = [&] { return stage.engine().statistics().open_runs; };
    CHECK(open_runs() == 0);
    CHECK_FALSE(stage.reader().oldest_open()->has_value());
    const Timestamp first = stage.clock.now();
    for (int i = 0; i < 5; ++i) {
        REQUIRE(stage.start("sleep"));
        REQUIRE(stage.start("pass"));
        stage.clock.advance(1s);
    }
    CHECK(open_runs() == 5);
    CHECK(*stage.reader().oldest_open() == first);
    stage.boot();
    CHECK(open_runs() == 5);
    const ExecutionId oldest = *stage.reader().find("1");
    stage.engine().stop_execution(oldest, {}, [](const Result<Timestamp>&) {});
    CHECK(stage.engine().statistics().inbox_messages == 1);
    stage.settle();
    CHECK(stage.engine().statistics().inbox_messages == 0);
    CHECK(open_runs() == 4);
    CHECK(*stage.reader().oldest_open() == first + 1s);
    stage.advance(60s);
    CHECK(open_runs() == 0);
}

TEST_CASE("what was removed is known by its number and its generated name, as long as ids go") {
    Stage stage;
    REQUIRE(stage.create("pass", R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})"));
    const auto gone = stage.start("pass");
    const auto named = stage.start("pass", "{}", "monday");
    const auto kept = stage.start("pass");
    journal::Batch removal;
    removal.add(journal::Removal{{gone->id, named->id}, {}, {}});
    REQUIRE(commit(stage.journal(), removal));
    const auto was_removed = [&](const std::string& text) {
        return *stage.reader().was_removed(text);
    };
    for (const std::string& text :
         {std::string("1"), gone->name, gone->arn, "pass/" + gone->name, std::string("2")}) {
        CAPTURE(text);
        CHECK(was_removed(text));
        CHECK_FALSE(stage.reader().find(text));
    }
    for (const std::string& text :
         {std::string("0"), std::string("3"), std::string("4"), std::string("99999999999999999999"),
          kept->arn, named->arn, std::string("pass/monday"), std::string("")}) {
        CAPTURE(text);
        CHECK_FALSE(was_removed(text));
    }
}

TEST_CASE("a stopped execution is aborted, its task cancelled, and stopping again says when") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    const auto started = stage.start("etl", R"({"x":1})");
    const auto stop = [&](ExecutionId id) {
        return stage.answer_of<Timestamp>([&](auto answer) {
            stage.engine().stop_execution(id, core::StopExecution{"Enough", "said so"}, answer);
        });
    };
    stage.clock.advance(5s);
    const auto at = stop(started->id);
    REQUIRE(at);
    CHECK(*at == stage.clock.now());
    stage.clock.advance(5s);
    CHECK(*stop(started->id) == *at);
    CHECK(stage.outcome(started->id) == "ABORTED Enough");
    CHECK(stage.runner.cancelled.size() == 1);
    CHECK(stop(ExecutionId{99}).error().code == ErrorCode::not_found);
}

TEST_CASE("who waits for an end is told once, early or late") {
    Stage stage;
    REQUIRE(stage.create("sleep", kWait));
    const auto started = stage.start("sleep", R"({"a":1})");
    int told = 0;
    stage.engine().when_closed(started->id, [&](const Result<Closed>& closed) {
        REQUIRE(closed);
        CHECK(closed->output->text() == R"({"a":1})");
        CHECK(closed->stopped_at - closed->started_at == 60s);
        ++told;
    });
    stage.settle();
    CHECK(told == 0);
    stage.advance(60s);
    CHECK(told == 1);
    const auto late = stage.answer_of<Closed>(
        [&](auto answer) { stage.engine().when_closed(started->id, answer); });
    REQUIRE(late);
    CHECK((late->status == core::Status::succeeded && late->input.text() == R"({"a":1})"));
    CHECK(late->arn == started->arn);
    const auto unknown = stage.answer_of<Closed>(
        [&](auto answer) { stage.engine().when_closed(ExecutionId{99}, answer); });
    CHECK(unknown.error().code == ErrorCode::not_found);
}

TEST_CASE("a definition is read by who brings it, and never on the engine's thread") {
    Stage stage;
    REQUIRE(stage.create("etl", kPass));
    WorkflowUpdate change;
    change.definition = R"({"StartAt": "A", "States": {}})";
    std::optional<Result<WorkflowStatus>> told;
    stage.engine().update_workflow("etl", change, [&](auto answer) { told = answer; });
    REQUIRE(told);  // without a turn of the engine
    CHECK(told->error().code == ErrorCode::invalid);
}

TEST_CASE("a workflow keeps its versions, and running executions theirs") {
    Stage stage;
    const auto created = stage.create("etl", kWait);
    REQUIRE(created);
    CHECK((created->is_changed && created->revision_id.empty() && created->number == 1));
    const auto again = stage.create("etl", kWait);
    REQUIRE(again);
    CHECK((!again->is_changed && again->arn == created->arn));
    CHECK(stage.create("etl", kPass).error().message ==
          "State Machine Already Exists: '" + created->arn + "'");
    const auto running = stage.start("etl", R"({"old":1})");

    const auto update = [&](WorkflowUpdate change) {
        return stage.answer_of<WorkflowStatus>(
            [&](auto answer) { stage.engine().update_workflow("etl", change, answer); });
    };
    WorkflowUpdate change;
    change.definition = kPass;
    const auto updated = update(change);
    REQUIRE(updated);
    CHECK((updated->is_changed && updated->number == 2 && updated->revision_id.size() == 36));
    CHECK_FALSE(update(change)->is_changed);
    stage.boot();
    CHECK(update(change)->revision_id == updated->revision_id);
    change.definition = "{}";
    CHECK(update(change).error().code == ErrorCode::invalid);
    CHECK(stage.outcome(stage.start("etl")->id) == "SUCCEEDED {\"a\":1}");
    stage.advance(60s);
    CHECK(stage.outcome(running->id) == R"(SUCCEEDED {"old":1})");

    StartRequest old;
    old.workflow = "etl";
    old.version = created->version;
    const auto of_old =
        stage.answer_of<Started>([&](auto answer) { stage.engine().start_execution(old, answer); });
    CHECK(stage.outcome(of_old->id) == "RUNNING");

    CHECK(
        stage.answer_of<void>([&](auto answer) { stage.engine().delete_workflow("etl", answer); }));
    CHECK(stage.start("etl").error().code == ErrorCode::not_found);
    stage.boot();
    CHECK(stage.start("etl").error().code == ErrorCode::not_found);
    stage.advance(60s);
    CHECK(stage.outcome(of_old->id) == "SUCCEEDED {}");
}

TEST_CASE("a nearly full disk refuses new starts and lets what runs end") {
    EngineSettings settings;
    settings.free_bytes_min = 1'000'000;
    Stage stage(settings);
    REQUIRE(stage.create("sleep", kWait));
    const auto started = stage.start("sleep");
    stage.disk->set_free_bytes(999'999);
    stage.clock.advance(2s);
    CHECK(stage.start("sleep").error().code == ErrorCode::unavailable);
    stage.advance(60s);
    CHECK(stage.outcome(started->id) == "SUCCEEDED {}");
    stage.disk->set_free_bytes(1'000'000);
    stage.clock.advance(2s);
    CHECK(stage.start("sleep"));
}

TEST_CASE("many inputs of one execution share a commit, and its history stays whole") {
    Stage stage;
    REQUIRE(stage.create("map", R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,
        "ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"stepwell:x",
        "End":true}}}}}})"));
    const auto started = stage.start("map", "[1,2,3,4,5,6,7,8]");
    REQUIRE(stage.runner.started.size() == 8);
    const auto before = stage.disk->commits();
    for (const auto& request : stage.runner.started) {
        stage.engine().succeeded(request.token, request.parameters);
    }
    CHECK(stage.engine().step());
    CHECK(stage.disk->commits() == before + 1);
    CHECK(stage.outcome(started->id) == "SUCCEEDED [1,2,3,4,5,6,7,8]");
    const auto events = stage.reader().history(started->id, {false, true, 1000, {}});
    REQUIRE(events);
    for (std::size_t i = 0; i < events->items.size(); ++i) {
        CHECK(events->items[i].at("id") == i + 1);
    }
    CHECK(stage.disk->open_rows() == 0);
}

TEST_CASE("a stop of the engine refuses what comes later and tells who waits") {
    Stage stage;
    REQUIRE(stage.create("sleep", kWait));
    stage.engine().stop();
    std::optional<ErrorCode> code;
    stage.engine().start_execution({}, [&](const Result<Started>& r) { code = r.error().code; });
    CHECK(code == ErrorCode::unavailable);
}

}  // namespace stepwell::test
