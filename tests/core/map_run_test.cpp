// Map Runs as values: what they count, and when they end; and the state that orders one.
#include "engine/core/map_run.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/world.hpp"

namespace stepwell::test {

using core::MapRun;
using core::MapRunStatus;

namespace {

MapRun run_of(std::uint64_t items) {
    MapRun run;
    run.token = {ExecutionId{7}, FrameId{0}, 1};
    run.plan.arn = "arn:aws:states:us-east-1:123456789012:mapRun:shop/each:1";
    run.total = items;
    return run;
}

/// Each of `ends` begins and ends.
void play(MapRun& run, const std::vector<Status>& ends) {
    for (const Status end : ends) {
        begin_child(run, 1);
        end_child(run, end, 1);
    }
}

std::string distributed(const std::string& more = "") {
    return R"({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true)" + more + R"(,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}})";
}

/// The end of the Map Run that the root waits for.
core::MapRunClosed closed(const World& world, MapRunStatus status) {
    core::MapRunClosed end;
    end.token = {world.execution().id(), kRootFrame, world.execution().find(kRootFrame)->attempt};
    end.status = status;
    if (status == MapRunStatus::succeeded) end.result = *Payload::from_text("[1,2]");
    if (status == MapRunStatus::failed) end.error = "Boom";
    return end;
}

}  // namespace

TEST_CASE("a Map Run fails where more items fail than are tolerated, by count or by percentage") {
    const Status good = Status::succeeded;
    const Status bad = Status::failed;
    const Status late = Status::timed_out;
    struct Case {
        std::string name;
        std::int64_t count;
        double percentage;
        std::vector<Status> ends;
        MapRunStatus want;
    };
    const std::vector<Case> cases = {
        {"none is tolerated", 0, 0, {good, bad}, MapRunStatus::failed},
        {"the time being over is a failure", 0, 0, {good, late}, MapRunStatus::failed},
        {"as many as the count", 2, 0, {bad, late, good, good}, MapRunStatus::succeeded},
        {"one more than the count", 2, 0, {bad, late, bad, good}, MapRunStatus::failed},
        {"as many as the percentage", 0, 50, {bad, bad, good, good}, MapRunStatus::succeeded},
        {"more than the percentage", 0, 49.9, {bad, bad, good, good}, MapRunStatus::failed},
        {"either of the two", 3, 25, {bad, bad, good, good}, MapRunStatus::failed},
        {"what was stopped is none", 0, 0, {Status::aborted, good}, MapRunStatus::succeeded},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        MapRun run = run_of(c.ends.size());
        run.plan.tolerated_count = c.count;
        run.plan.tolerated_percentage = c.percentage;
        play(run, c.ends);
        REQUIRE(is_over(run));
        close(run, Timestamp{});
        CHECK(run.status == c.want);
        CHECK((run.error == "States.ExceedToleratedFailureThreshold") ==
              (c.want == MapRunStatus::failed));
    }
}

TEST_CASE("a Map Run that drains begins nothing more, and is over when nothing runs") {
    MapRun run = run_of(10);
    run.plan.concurrency_max = 3;
    CHECK(free_places(run) == 3);
    begin_child(run, 1);
    begin_child(run, 1);
    CHECK(free_places(run) == 1);
    end_child(run, Status::failed, 1);
    CHECK(free_places(run) == 0);
    CHECK_FALSE(is_over(run));
    end_child(run, Status::succeeded, 1);
    CHECK(is_over(run));
    CHECK(run.items == core::MapRunCounts{0, 1, 1, 0, 0, 0});
}

TEST_CASE("a Map Run whose parent has given it up is aborted, whatever failed of it") {
    MapRun run = run_of(2);
    begin_child(run, 1);
    play(run, {Status::failed});
    drain(run, MapRunStatus::aborted, "", "");
    end_child(run, Status::aborted, 1);
    close(run, Timestamp{});
    CHECK(run.status == MapRunStatus::aborted);
}

TEST_CASE("a Map Run of no items is over at once") {
    CHECK(is_over(run_of(0)));
}

TEST_CASE("what is kept of a Map Run is the Map Run") {
    MapRun run = run_of(4);
    run.plan.tolerated_percentage = 12.5;
    run.plan.keeps_results = false;
    run.aside = {ExecutionId{8}};
    run.redriven_up_to = ExecutionId{9};
    run.redriven_at = from_ms(5);
    play(run, {Status::succeeded, Status::failed});
    const auto back = core::map_run_from(to_json(run));
    REQUIRE(back);
    CHECK(*back == run);
    Json newer = to_json(run);
    newer["form"] = 1'000;
    CHECK_FALSE(core::map_run_from(newer));
    Json damaged = to_json(run);
    damaged.erase("items");
    CHECK_FALSE(core::map_run_from(damaged));
}

TEST_CASE("a distributed Map orders a Map Run, and goes on with its result") {
    World world(distributed());
    world.start("[1,2]");
    CHECK(world.chain() ==
          "1<0 ExecutionStarted; 2<0 MapStateEntered; 3<2 MapStateStarted; 4<3 MapRunStarted");
    REQUIRE(world.tell(closed(world, MapRunStatus::succeeded)));
    CHECK(world.chain() ==
          "1<0 ExecutionStarted; 2<0 MapStateEntered; 3<2 MapStateStarted; 4<3 MapRunStarted; "
          "5<4 MapRunSucceeded; 6<5 MapStateSucceeded; 7<4 MapStateExited; "
          "8<7 ExecutionSucceeded");
    CHECK(world.output() == "[1,2]");
}

TEST_CASE("a Map Run that fails fails its state, which may be retried or caught") {
    World failing(distributed());
    failing.start("[1]");
    REQUIRE(failing.tell(closed(failing, MapRunStatus::failed)));
    CHECK(
        failing.chain().ends_with("4<3 MapRunStarted; 5<4 MapRunFailed; 6<5 MapStateFailed; "
                                  "7<6 ExecutionFailed"));

    World retried(distributed(R"(, "Retry": [{"ErrorEquals": ["Boom"], "MaxAttempts": 1}])"));
    retried.start("[1]");
    const auto first = closed(retried, MapRunStatus::failed);
    REQUIRE(retried.tell(first));
    retried.tick();
    CHECK(retried.types().ends_with("MapRunFailed MapStateStarted MapRunStarted"));
    CHECK_FALSE(retried.tell(first));  // the second one is another Map Run
    REQUIRE(retried.tell(closed(retried, MapRunStatus::succeeded)));
    CHECK(retried.execution().status() == Status::succeeded);
}

TEST_CASE("a Map Run that goes on is redriven with the execution, and keeps its name") {
    World world(distributed());
    world.start("[1]");
    REQUIRE(world.tell(closed(world, MapRunStatus::failed)));
    REQUIRE(world.redrive());
    CHECK(world.types().ends_with("ExecutionFailed ExecutionRedriven MapRunRedriven"));
    REQUIRE(world.tell(closed(world, MapRunStatus::succeeded)));
    CHECK(world.execution().status() == Status::succeeded);
}

TEST_CASE("a failing sibling aborts the Map Run") {
    World world(R"({"StartAt": "B", "States": {"B": {"Type": "Parallel", "End": true, "Branches": [
        )" + distributed() +
                R"(,
        {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "stepwell:shell",
            "End": true}}}]}}})");
    world.start("[1]");
    world.fail("Boom");
    CHECK(world.types().find("MapRunAborted MapStateAborted") != std::string::npos);
}

TEST_CASE("tolerance and concurrency that make no sense fail the state, as recorded") {
    struct Case {
        std::string fields;
        std::string want;
    };
    const std::vector<Case> cases = {
        {R"(, "ToleratedFailurePercentagePath": "$.p")",
         "The ToleratedFailurePercentagePath field refers to value \"{}\" which is not a valid "
         "float: $.p"},
        {R"(, "ToleratedFailurePercentagePath": "$.q")",
         "ToleratedFailurePercentage must be between 0 and 100."},
        {R"(, "ToleratedFailureCountPath": "$.n")", "ToleratedFailureCount cannot be negative."},
    };
    for (const Case& c : cases) {
        CAPTURE(c.fields);
        World world(distributed(R"(, "ItemsPath": "$.items")" + c.fields));
        world.start(R"({"items": [1], "p": {}, "q": 101, "n": -1})");
        CHECK(world.types().ends_with("MapStateStarted ExecutionFailed"));
        CHECK(world.cause().ends_with(c.want));
    }
}

}  // namespace stepwell::test
