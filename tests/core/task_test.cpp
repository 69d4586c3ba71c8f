// Tasks: reports are taken once and only for the attempt in flight; timers; siblings.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/world.hpp"

namespace stepwell::test {

namespace {

const std::string kLoad = R"({"StartAt": "Load", "States": {"Load": {"Type": "Task",
    "Resource": "stepwell:load", "End": true,
    "Retry": [{"ErrorEquals": ["Boom"], "IntervalSeconds": 1, "MaxAttempts": 2}]}}})";

Payload payload(const std::string& text) {
    return Payload::from_text(text).value();
}

/// Whether it is refused, with everything as it was.
bool is_refused(World& world, const Input& input) {
    const std::size_t events = world.events().size();
    const auto told = world.tell(input);
    return !told && told.error().code == ErrorCode::conflict && world.events().size() == events;
}

}  // namespace

TEST_CASE("an execution is started, waited for and stopped by commands of the decision") {
    World world(R"({"StartAt": "N", "States": {"N": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "m", "Input": {"a": 1}}}}})");
    world.start();
    const StartTask child = world.only_task();
    CHECK(child.parameters.text() == R"({"StateMachineArn":"m","Input":{"a":1}})");
    CHECK_FALSE(child.submitted);
    REQUIRE(world.tell(core::ChildStarted{child.token, "arn:x", world.now(), "r"}));
    const auto commands = core::outstanding(world.definition(), world.execution());
    REQUIRE(commands.size() == 1);
    const auto& waits = std::get<core::StartChild>(commands[0]);
    CHECK(waits.submitted->json()["ExecutionArn"] == "arn:x");

    const Moment moment{.now = world.now(), .entropy = 1};
    const auto stopped =
        core::decide(world.definition(), world.execution(), StopExecution{}, moment);
    REQUIRE(stopped);
    REQUIRE(stopped->commands.size() == 1);
    CHECK(std::get<core::StopChild>(stopped->commands[0]).token == child.token);

    core::ChildEnd end;
    end.arn = "arn:x";
    end.output = Payload::trusted(R"({"b":2})");
    const auto ended = core::decide(world.definition(), world.execution(),
                                    core::ChildClosed{child.token, end}, moment);
    REQUIRE(ended);
    CHECK(ended->commands.empty());
    CHECK((*ended->next.header.output).json()["Output"] == Json{{"b", 2}});
    end.status = Status::timed_out;
    const auto failed = core::decide(world.definition(), world.execution(),
                                     core::ChildClosed{child.token, end}, moment);
    REQUIRE(failed);
    CHECK(failed->next.header.error == "States.TaskFailed");
    // One that is told late, or of another attempt, changes nothing.
    TaskToken other = child.token;
    ++other.attempt;
    CHECK_FALSE(
        core::decide(world.definition(), world.execution(), core::ChildClosed{other, end}, moment));
}

TEST_CASE("the end of an execution is no news to a task of a runner") {
    World world(R"({"StartAt": "T", "States": {"T": {"Type": "Task", "End": true,
        "Resource": "stepwell:x"}}})");
    world.start();
    const TaskToken token = world.only_task().token;
    const Moment moment{.now = world.now(), .entropy = 1};
    CHECK_FALSE(core::decide(world.definition(), world.execution(),
                             core::ChildStarted{token, "arn:x", world.now(), "r"}, moment));
    CHECK_FALSE(
        core::decide(world.definition(), world.execution(), core::ChildClosed{token, {}}, moment));
}

TEST_CASE("a report is refused unless it is about the attempt in flight") {
    World world(kLoad);
    const TaskToken first{ExecutionId{12}, FrameId{0}, 1};
    CHECK(is_refused(world, TaskSucceeded{first, payload("1")}));
    CHECK(is_refused(world, TimerDue{}));
    CHECK(is_refused(world, StopExecution{}));
    world.start();
    CHECK(world.only_task().token == first);
    CHECK(is_refused(world, StartExecution{}));
    CHECK(is_refused(world, TaskSucceeded{{ExecutionId{13}, FrameId{0}, 1}, payload("1")}));
    CHECK(is_refused(world, TaskSucceeded{{ExecutionId{12}, FrameId{1}, 1}, payload("1")}));
    CHECK(is_refused(world, TaskSucceeded{{ExecutionId{12}, FrameId{0}, 2}, payload("1")}));
    CHECK(is_refused(world, TaskSubmitted{{ExecutionId{12}, FrameId{0}, 2}, payload("1")}));

    world.fail("Boom");
    CHECK(is_refused(world, TaskSucceeded{first, payload("1")}));
    world.tick();
    CHECK(is_refused(world, TaskFailed{first, "Boom", std::nullopt}));
    CHECK(is_refused(world, TaskHeartbeat{first}));
    CHECK(world.only_task().token.attempt == 2);
    CHECK(world.only_task().retry_count == 1);
    world.succeed("{\"rows\": 3}");
    CHECK(world.output() == "{\"rows\": 3}");
    CHECK(is_refused(world, TaskSucceeded{{ExecutionId{12}, FrameId{0}, 2}, payload("1")}));
    CHECK(is_refused(world, StopExecution{}));
    CHECK(is_refused(world, TimerDue{}));
}

TEST_CASE("TimerDue when nothing is due decides nothing") {
    World world(kLoad);
    world.start();
    const std::size_t events = world.events().size();
    const auto told = world.tell(TimerDue{});
    CHECK(told.has_value());
    CHECK(world.events().size() == events);
}

TEST_CASE("an attempt number is never used twice in a frame, over all its states") {
    World world(R"({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "stepwell:load", "Next": "B"},
        "B": {"Type": "Task", "Resource": "stepwell:load", "End": true}}})");
    world.start();
    CHECK(world.only_task().token.attempt == 1);
    world.succeed("1");
    CHECK(world.only_task().token.attempt == 2);
    CHECK(world.only_task().retry_count == 0);
}

TEST_CASE("a task that has to wait is scheduled, and starts with its clocks when it is picked up") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "stepwell:load",
        "TimeoutSeconds": 25, "HeartbeatSeconds": 10, "End": true,
        "Retry": [{"ErrorEquals": ["Boom"], "IntervalSeconds": 1}]}}})");
    world.has_to_wait = [](const definition::State&) { return true; };
    world.start();
    const TaskToken token = world.only_task().token;
    CHECK(world.types() == "ExecutionStarted TaskStateEntered TaskScheduled");
    CHECK_FALSE(world.only_task().is_picked_up);
    CHECK_FALSE(world.execution().next_due());
    CHECK(is_refused(world, TaskSucceeded{token, payload("1")}));
    CHECK(is_refused(world, TaskHeartbeat{token}));
    CHECK(is_refused(world, TaskPickedUp{{ExecutionId{12}, FrameId{0}, 2}}));

    world.advance(std::chrono::hours(1));
    REQUIRE(world.tell(TaskPickedUp{token}));
    CHECK(world.types().ends_with("TaskScheduled TaskStarted"));
    CHECK(world.only_task().is_picked_up);
    CHECK(*world.execution().next_due() == world.now() + std::chrono::seconds(10));
    CHECK(is_refused(world, TaskPickedUp{token}));
    world.fail("Boom");
    world.tick();
    CHECK_FALSE(world.only_task().is_picked_up);
    REQUIRE(world.tell(StopExecution{}));
    CHECK(world.in_flight().empty());
}

TEST_CASE("a heartbeat that an older Stepwell wrote into the history still moves the deadline") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "stepwell:load",
        "HeartbeatSeconds": 10, "End": true}}})");
    world.start();
    Execution replayed(ExecutionId{12});
    evolve(replayed, world.events());
    const Timestamp due = world.now() + std::chrono::seconds(15);
    const Event heard{EventType::task_heartbeat, EventId{}, EventId{}, world.now(), kRootFrame,
                      core::TimerInfo{due}};
    const auto read = core::decode(core::encode({heard}));
    REQUIRE(read);
    evolve(replayed, *read);
    CHECK(replayed.next_due() == due);
    CHECK(replayed.header().events == world.execution().header().events);
}

TEST_CASE("a heartbeat restarts the heartbeat clock and leaves the timeout alone") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "stepwell:load",
        "TimeoutSeconds": 25, "HeartbeatSeconds": 10, "End": true,
        "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Late"}]},
        "Late": {"Type": "Pass", "Result": "late", "End": true}}})");
    world.start();
    const Timestamp start = world.now();
    const TaskToken token = world.only_task().token;
    CHECK(*world.execution().next_due() == start + std::chrono::seconds(10));
    world.advance(std::chrono::seconds(9));
    const auto first = world.tell(TaskHeartbeat{token});
    CHECK(first.has_value());
    CHECK(*world.execution().next_due() == start + std::chrono::seconds(19));

    SUBCASE("without another one it has timed out") {
        world.tick();
        CHECK(world.output() == "\"late\"");
    }
    SUBCASE("with another one the timeout comes first, and is no heartbeat's") {
        world.advance(std::chrono::seconds(9));
        const auto second = world.tell(TaskHeartbeat{token});
        CHECK(second.has_value());
        CHECK(*world.execution().next_due() == start + std::chrono::seconds(25));
        world.tick();
        CHECK(world.execution().status() == Status::failed);
        CHECK(world.execution().header().error == "States.Timeout");
    }
}

TEST_CASE("a callback's heartbeat clock starts when it is submitted") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "HeartbeatSeconds": 10,
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true}}})");
    world.start();
    CHECK_FALSE(world.execution().next_due().has_value());
    world.advance(std::chrono::seconds(3));
    const TaskToken token = world.only_task().token;
    const auto told = world.tell(TaskSubmitted{token, payload("{}")});
    CHECK(told.has_value());
    CHECK(*world.execution().next_due() == world.now() + std::chrono::seconds(10));
    CHECK(core::outstanding(world.definition(), world.execution()).empty());
    CHECK(is_refused(world, TaskSubmitted{token, payload("{}")}));
}

TEST_CASE("a callback that comes before its submission is taken") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}}})");
    world.start();
    const TaskToken token = world.only_task().token;
    world.succeed("1");
    CHECK(world.output() == "1");
    CHECK(is_refused(world, TaskSubmitted{token, payload("{}")}));
}

TEST_CASE("an activity's time runs while no worker has it, its heartbeat only then") {
    const std::string machine = R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:us-east-1:123456789012:activity:act", "TimeoutSeconds": 60,
        "HeartbeatSeconds": 10}}})";
    World alone(machine);
    alone.start();
    CHECK(*alone.execution().next_due() == alone.now() + std::chrono::seconds(60));
    const TaskToken token = alone.only_task().token;
    CHECK(is_refused(alone, TaskHeartbeat{token}));
    CHECK(is_refused(alone, TaskSucceeded{token, payload("1")}));
    alone.tick();
    CHECK(alone.types().ends_with("ActivityScheduled ActivityTimedOut ExecutionFailed"));
    CHECK(alone.execution().header().error == "States.Timeout");

    World taken(machine);
    taken.start();
    taken.advance(std::chrono::seconds(30));
    REQUIRE(taken.tell(TaskPickedUp{taken.only_task().token, "w"}));
    CHECK(*taken.execution().next_due() == taken.now() + std::chrono::seconds(10));
    CHECK(core::outstanding(taken.definition(), taken.execution()).empty());
    CHECK(is_refused(taken, TaskPickedUp{taken.only_task().token, "late"}));
    taken.advance(std::chrono::seconds(9));
    REQUIRE(taken.tell(TaskHeartbeat{taken.only_task().token}));
    CHECK(*taken.execution().next_due() == taken.now() + std::chrono::seconds(10));
    taken.tick();
    CHECK(taken.types().ends_with("ActivityStarted ActivityTimedOut ExecutionFailed"));
}

TEST_CASE("an activity that is not there fails the run, and nothing catches it") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:us-east-1:123456789012:activity:gone",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "A"}]}}})");
    world.has_activity = [](const std::string& arn) { return !arn.ends_with(":gone"); };
    world.start();
    CHECK(world.execution().header().error == "States.Runtime");
    CHECK(world.cause() ==
          "An error occurred while executing the state 'A' (entered at the event id #2). The "
          "activity arn:aws:states:us-east-1:123456789012:activity:gone does not exist.");
}

TEST_CASE("a task may fail without a name for it") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "Next": "B",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B", "ResultPath": "$.e"}]},
        "B": {"Type": "Pass", "End": true}}})");
    world.start();
    world.report(TaskFailed{world.only_task().token, std::nullopt, std::nullopt});
    CHECK(core::to_history(world.events(), true)[4]["taskFailedEventDetails"] ==
          Json{{"resourceType", "sqs"}, {"resource", "sendMessage.waitForTaskToken"}});
    CHECK(world.execution().status() == Status::succeeded);
}

TEST_CASE("a task of our own says once what it has submitted, and ends by itself") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "stepwell:job"}}})");
    world.start();
    const TaskToken token = world.only_task().token;
    REQUIRE(world.tell(TaskSubmitted{token, payload("{\"job\":7}")}));
    CHECK(is_refused(world, TaskSubmitted{token, payload("{\"job\":8}")}));
    const auto commands = core::outstanding(world.definition(), world.execution());
    REQUIRE(commands.size() == 1);
    CHECK(std::get<core::StartTask>(commands[0]).submitted->text() == "{\"job\":7}");
    world.succeed("1");
    CHECK(world.output() == "1");
    World function(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}}})");
    function.start();
    CHECK(is_refused(function, TaskSubmitted{function.only_task().token, payload("1")}));
}

TEST_CASE("a submitted .sync task is outstanding with what the call answered") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:x"}}}})");
    world.start();
    const auto told = world.tell(TaskSubmitted{world.only_task().token, payload("{\"a\":1}")});
    CHECK(told.has_value());
    const auto commands = core::outstanding(world.definition(), world.execution());
    REQUIRE(commands.size() == 1);
    CHECK(std::get<core::StartChild>(commands[0]).submitted->text() == "{\"a\":1}");
}

TEST_CASE("a result over 256 KiB is a failure of the task, which may be caught") {
    struct Case {
        std::string resource;
        std::string blamed;
    };
    const std::vector<Case> cases = {
        {"arn:aws:states:::lambda:invoke", "lambda"},
        {"arn:aws:lambda:us-east-1:111111111111:function:f",
         "arn:aws:lambda:us-east-1:111111111111:function:f"},
        {"stepwell:load", "stepwell"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.resource);
        World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
            "Parameters": {"FunctionName": "f"}, "Resource": ")" +
                    c.resource + R"(",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
            "B": {"Type": "Pass", "End": true}}})");
        world.start();
        world.succeed("\"" + std::string(262'143, 'x') + "\"");
        CHECK(world.output() ==
              "{\"Error\":\"States.DataLimitExceeded\",\"Cause\":\"The state/task '" + c.blamed +
                  "' returned a result with a size exceeding the maximum number of bytes service "
                  "limit.\"}");
    }
}

TEST_CASE("what a task says of its failure is cut to AWS's limits, never inside a character") {
    World world(kLoad);
    world.start();
    std::string cause = "x";
    while (cause.size() < 40'000) cause += "\xC3\xA4";
    world.fail(std::string(300, 'E'), cause);
    CHECK(world.execution().header().error->size() == 256);
    CHECK(world.cause().size() == 32'767);
    CHECK(cause.starts_with(world.cause()));
}

TEST_CASE("exactly 256 KiB pass") {
    World world(kLoad);
    world.start();
    world.succeed("\"" + std::string(262'142, 'x') + "\"");
    CHECK(world.execution().status() == Status::succeeded);
}

TEST_CASE("when a branch fails, what its siblings do is aborted and their tasks are cancelled") {
    World world(R"({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "stepwell:a", "End": true}}},
        {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "stepwell:b", "End": true}}},
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": true}}},
        {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
            "StartAt": "T", "States": {
                "T": {"Type": "Task", "Resource": "stepwell:t", "End": true}}}}}},
        {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}]}}})");
    world.start("[1, 2]");
    const std::vector<StartTask> tasks = world.in_flight();
    REQUIRE(tasks.size() == 4);
    const std::size_t before = world.events().size();
    world.report(TaskFailed{tasks[0].token, "Boom", "why"});
    std::string types;
    for (std::size_t i = before; i < world.events().size(); ++i) {
        types += std::string(core::name_of(world.events()[i].type)) + " ";
    }
    CHECK(types ==
          "TaskFailed TaskStateAborted WaitStateAborted TaskStateAborted MapIterationAborted "
          "TaskStateAborted MapIterationAborted MapStateAborted TaskStateAborted "
          "ParallelStateFailed ExecutionFailed ");
    CHECK(world.execution().header().error == "Boom");
    CHECK(world.cause() == "why");
    CHECK(world.execution().frames().empty());
}

TEST_CASE("the machine's TimeoutSeconds ends the execution, whatever runs") {
    World world(R"({"TimeoutSeconds": 30, "StartAt": "A", "States": {"A": {"Type": "Task",
        "Resource": "stepwell:load", "End": true,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "A"}]}}})");
    world.start();
    CHECK(*world.execution().next_due() == world.now() + std::chrono::seconds(30));
    world.tick();
    CHECK(world.execution().status() == Status::timed_out);
    CHECK(world.in_flight().empty());
    CHECK(world.types().ends_with("TaskStarted ExecutionTimedOut"));
}

TEST_CASE("counters are kept by retrier, and start anew when the state is entered again") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "stepwell:load",
        "End": true, "Retry": [
            {"ErrorEquals": ["X"], "IntervalSeconds": 1, "MaxAttempts": 1},
            {"ErrorEquals": ["Y"], "IntervalSeconds": 10, "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["X", "Y"], "Next": "A"}]}}})");
    world.start();
    const auto delay = [&](const std::string& error) {
        const Timestamp before = world.now();
        world.fail(error);
        const auto due = world.execution().next_due();
        if (due) world.tick();
        return due ? (*due - before).count() / 1000 : -1;
    };
    CHECK(delay("Y") == 10);
    CHECK(delay("X") == 1);
    CHECK(delay("Y") == 20);
    CHECK(world.only_task().retry_count == 3);
    CHECK(delay("X") == -1);  // used up: the catcher enters the state again
    CHECK(world.only_task().retry_count == 0);
    CHECK(delay("X") == 1);
}

}  // namespace stepwell::test
