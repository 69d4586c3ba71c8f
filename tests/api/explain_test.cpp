#include "api/runs/explain.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/runtime/definition_text.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace api::operations;
using namespace runtime;

namespace {

const Timestamp kNow = from_ms(1'700'000'000'000);

RunSnapshot snapshot() {
    RunSnapshot made;
    made.run.id = ExecutionId{7};
    made.run.name = "monday";
    made.run.workflow_name = "etl";
    made.now = kNow;
    made.open.definition = *parse_definition(
        R"({"StartAt":"T","States":{
            "T":{"Type":"Task","Resource":"stepwell:shell","Next":"C"},
            "C":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                 "Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"Next":"N"},
            "N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync",
                 "Parameters":{"StateMachineArn":"a"},"Next":"W"},
            "W":{"Type":"Wait","Seconds":5,"End":true}}})",
        false, {});
    return made;
}

core::FramePtr frame(const RunSnapshot& in, std::uint32_t id, const std::string& state,
                     core::Phase phase, std::optional<Timestamp> due = {},
                     const std::string& submitted = "") {
    auto made = std::make_shared<core::Frame>();
    made->id = FrameId{id};
    made->phase = phase;
    made->attempt = 1;
    made->due = due;
    const auto& states = in.open.definition->states;
    for (std::size_t n = 0; n < states.size(); ++n) {
        if (states[n].name == state) made->state = static_cast<StateId>(n);
    }
    if (phase == core::Phase::awaiting_task) {
        auto task = std::make_shared<core::TaskInFlight>();
        if (!submitted.empty()) task->submitted = Payload::trusted(submitted);
        made->task = std::move(task);
    }
    return made;
}

GateTask gate_task(std::uint64_t run, std::uint32_t frame, GateTask::Stage stage,
                   std::size_t place = 0) {
    GateTask task;
    task.token = {ExecutionId{run}, FrameId{frame}, 1};
    task.run = "run " + std::to_string(run);
    task.workflow = "etl";
    task.state = "T";
    task.pool = "warehouse";
    task.stage = stage;
    task.place = place;
    task.since = kNow - 1min;
    return task;
}

std::string codes_of(const Json& explanation) {
    std::string text;
    for (const Json& reason : explanation.at("reasons")) {
        text += reason.at("code").get<std::string>() + " ";
    }
    return text;
}

}  // namespace

TEST_CASE("a run says of each state what it waits for, and what waits comes first") {
    using core::Phase;
    RunSnapshot made = snapshot();
    made.open.frames = {
        frame(made, 0, "T", Phase::awaiting_children),
        frame(made, 1, "T", Phase::awaiting_task),
        frame(made, 2, "C", Phase::awaiting_task, {}, "{}"),
        frame(made, 3, "N", Phase::awaiting_task, {}, R"({"ExecutionArn":"arn:child"})"),
        frame(made, 4, "W", Phase::awaiting_timer, kNow + 5s),
        frame(made, 5, "T", Phase::awaiting_retry, kNow + 1min),
        frame(made, 6, "T", Phase::finished)};
    made.gate.tasks = {gate_task(7, 1, GateTask::Stage::working)};
    const Json shown = explain_run(made);
    CHECK(codes_of(shown) == "WAITING_CALLBACK WAITING_CHILD WAITING_RETRY WAITING_TIMER RUNNING ");
    CHECK(shown["code"] == "WAITING_CALLBACK");
    CHECK((shown["subject"] == "run" && shown["run"] == 7 && shown["workflow"] == "etl"));
    CHECK(shown["reasons"][1]["child"] == "arn:child");
    CHECK(shown["reasons"][3]["until"] == "2023-11-14T22:13:25Z");
    CHECK(shown["passed"][0]["code"] == "HAS_SLOT");
}

TEST_CASE("a full pool names its holders, the place in the queue and how many wait alike") {
    RunSnapshot made = snapshot();
    for (std::uint32_t id : {1U, 2U, 3U}) {
        made.open.frames.push_back(frame(made, id, "T", core::Phase::awaiting_task));
        made.gate.tasks.push_back(gate_task(7, id, GateTask::Stage::waiting_for_slot, 10 - id));
    }
    made.pools = {{"warehouse", 1, {gate_task(3, 1, GateTask::Stage::working)}, {}, 12}};
    const Json shown = explain_run(made);
    REQUIRE(codes_of(shown) == "POOL_FULL ");
    const Json& reason = shown["reasons"][0];
    CHECK((reason["pool"] == "warehouse" && reason["slots"] == 1 && reason["waiting"] == 12));
    CHECK((reason["count"] == 3 && reason["place"] == 7));
    CHECK((reason["holders"].size() == 1 && reason["holders"][0]["run"] == 3));
    CHECK(reason["text"] ==
          "'T' waits for a slot of the pool 'warehouse': all 1 are taken by run 3 ('T' of etl); it "
          "is "
          "number 7 of 12 "
          "(and 2 more like it)");
}

TEST_CASE("a limited workflow names the runs that hold its places") {
    RunSnapshot made = snapshot();
    made.open.frames = {frame(made, 1, "T", core::Phase::awaiting_task)};
    made.gate.tasks = {gate_task(7, 1, GateTask::Stage::waiting_for_place, 2)};
    made.workflow.concurrency = 1;
    made.workflow.holders = {{ExecutionId{5}, "sunday"}};
    made.workflow.waiting_count = 2;
    const Json shown = explain_run(made);
    REQUIRE(codes_of(shown) == "WORKFLOW_LIMIT ");
    CHECK(shown["reasons"][0]["place"] == 2);
    CHECK(shown["reasons"][0]["holders"][0]["name"] == "sunday");
    CHECK(shown["reasons"][0]["text"] ==
          "'T' waits for a place: the workflow's concurrency is 1, and all places are taken by run "
          "5; it is number 2 of 2");
}

TEST_CASE("a run that has ended, or is put aside, says so") {
    RunSnapshot made = snapshot();
    made.open.is_quarantined = true;
    CHECK(codes_of(explain_run(made)) == "QUARANTINED ");
    made.run.status = core::Status::failed;
    made.run.stopped_at = kNow;
    made.run.error = "E_QUALITY";
    const Json shown = explain_run(made);
    CHECK(codes_of(shown) == "ENDED ");
    CHECK(shown["reasons"][0]["status"] == "failed");
    CHECK(shown["reasons"][0]["text"] == "it has ended: FAILED with E_QUALITY");
}

TEST_CASE("a workflow says what keeps it from starting, and what will start it") {
    WorkflowSnapshot made;
    made.name = "etl";
    made.now = kNow;
    CHECK(codes_of(explain_workflow(made)) == "NO_SCHEDULE ");

    made.pause = Pause{kNow + 1h, "moving", "ada", kNow};
    made.has_room = false;
    made.schedules = Json::parse(
        R"([{"id":"etl#a","paused":true},{"id":"etl#b","paused":false,"enabled":true,
             "next_fires":["2024-01-01T06:00:00Z"]}])");
    made.triggers = Json::parse(
        R"([{"id":"etl#0","kind":"files","files":["in/*.csv"],"waiting":2},
            {"id":"etl#1","kind":"webhook"},{"id":"etl#2","kind":"files","fault":"no folder"}])");
    const Json shown = explain_workflow(made);
    CHECK(codes_of(shown) ==
          "PAUSED DISK_FULL NEXT_FIRE WAITING_FILE WAITING_WEBHOOK TRIGGER_FAULT "
          "SCHEDULE_PAUSED ");
    CHECK(shown["reasons"][0]["text"] == "it is paused by ada until 2023-11-14T23:13:20Z: moving");
    CHECK(shown["reasons"][2]["until"] == "2024-01-01T06:00:00Z");
    CHECK(shown["reasons"][3]["waiting"] == 2);
    CHECK(shown["passed"].empty());
}

TEST_CASE("a workflow that runs says so before it says what will start it") {
    WorkflowSnapshot made;
    made.name = "etl";
    made.now = kNow;
    made.schedules = Json::parse(R"([{"id":"etl#b","next_fires":["2024-01-01T06:00:00Z"]}])");
    made.running.resize(1);
    CHECK(codes_of(explain_workflow(made)) == "RUNNING NEXT_FIRE ");
    made.has_room = false;
    CHECK(codes_of(explain_workflow(made)) == "DISK_FULL RUNNING NEXT_FIRE ");
}

TEST_CASE(
    "a trigger that is switched off waits for nothing, and hides nothing that will start it") {
    WorkflowSnapshot made;
    made.name = "etl";
    made.now = kNow;
    made.triggers = Json::parse(R"([{"id":"etl#0","kind":"files","enabled":false}])");
    CHECK(codes_of(explain_workflow(made)) == "TRIGGER_DISABLED ");
    made.schedules = Json::parse(
        R"([{"id":"etl#a","paused":true},{"id":"etl#b","next_fires":["2024-01-01T06:00:00Z"]}])");
    CHECK(explain_workflow(made)["code"] == "NEXT_FIRE");
}

TEST_CASE("a workflow whose last runs did not go well says so, behind what will start it") {
    WorkflowSnapshot made;
    made.name = "etl";
    made.now = kNow;
    const auto ended = [](std::uint64_t id, core::Status status) {
        ExecutionSummary run;
        run.id = ExecutionId{id};
        run.status = status;
        run.error = status == core::Status::failed ? "E_X" : "";
        return run;
    };
    made.ended = {ended(9, core::Status::failed), ended(8, core::Status::timed_out),
                  ended(7, core::Status::succeeded), ended(6, core::Status::failed)};
    const Json shown = explain_workflow(made);
    REQUIRE(codes_of(shown) == "NO_SCHEDULE LAST_RUNS_FAILED ");
    CHECK(shown["reasons"][1]["text"] == "its last 2 runs did not go well; run 9: FAILED with E_X");
    CHECK(shown["reasons"][1]["run"] == 9);
    made.ended = {ended(7, core::Status::succeeded)};
    CHECK(codes_of(explain_workflow(made)) == "NO_SCHEDULE ");
}

TEST_CASE("what waits is found behind any number of iterations that are over") {
    RunSnapshot made = snapshot();
    for (std::uint32_t id = 1; id <= 2'500; ++id) {
        made.open.frames.push_back(frame(made, id, "T", core::Phase::finished));
    }
    made.open.frames.push_back(frame(made, 2'501, "T", core::Phase::awaiting_task));
    made.gate.tasks = {gate_task(7, 2'501, GateTask::Stage::waiting_for_slot, 1)};
    made.pools = {{"warehouse", 1, {}, {}, 1}};
    CHECK(explain_run(made)["code"] == "POOL_FULL");
}

TEST_CASE("a pool that the configuration does not have is named behind all other reasons") {
    WorkflowSnapshot workflow;
    workflow.name = "etl";
    workflow.now = kNow;
    workflow.gate.unknown_pools = {"lost", "warehose"};
    const Json shown = explain_workflow(workflow);
    CHECK(codes_of(shown) == "NO_SCHEDULE POOL_UNKNOWN POOL_UNKNOWN ");
    CHECK((shown["reasons"][2]["pool"] == "warehose" && shown["code"] == "NO_SCHEDULE"));
    RunSnapshot run = snapshot();
    run.workflow.unknown_pools = {"lost"};
    CHECK(codes_of(explain_run(run)) == "RUNNING POOL_UNKNOWN ");
}

TEST_CASE("a pause ends by itself at its time") {
    const auto write = to_write(Pause{kNow + 1h, "n", "b", kNow}, "etl");
    CHECK((write.collection == "paused" && write.key == "etl"));
    CHECK(pause_in(write.value, kNow)->note == "n");
    CHECK_FALSE(pause_in(write.value, kNow + 1h));
    CHECK_FALSE(pause_in(std::nullopt, kNow));
    CHECK_FALSE(end_of_pause("etl").value);
}

}  // namespace stepwell::test
