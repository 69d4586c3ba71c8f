#include <doctest/doctest.h>

#include "tasks/binding/dispatcher.hpp"
#include "tests/tasks/host/test_tasks_support.hpp"

namespace stepwell::test {

using tasks::Bindings;
using tasks::Dispatcher;

namespace {

constexpr const char* kGlue = "arn:aws:states:::glue:startJobRun.sync";

/// Plays the hosts: remembers what it was asked, answers when told.
class StubRunner final : public runtime::TaskRunner {
public:
    void start(runtime::TaskRequest request) override { started.push_back(std::move(request)); }
    void cancel(const TaskToken& token) override { cancelled.push_back(token); }
    std::vector<runtime::TaskRequest> started;
    std::vector<TaskToken> cancelled;
};

Bindings compiled(const Json& list) {
    auto bindings = Bindings::compile(&list);
    REQUIRE(bindings);
    return std::move(*bindings);
}

struct Fixture {
    explicit Fixture(const Json& list) : dispatcher(compiled(list), engine) {
        dispatcher.forward_to(runner);
    }
    TaskToken start(const std::string& resource, Json parameters) {
        runtime::TaskRequest request;
        request.token = {ExecutionId{1}, kRootFrame, ++attempts};
        request.resource = resource;
        request.parameters = Payload(std::move(parameters));
        const TaskToken token = request.token;
        dispatcher.start(std::move(request));
        return token;
    }
    RecordingSink engine;
    StubRunner runner;
    Dispatcher dispatcher;
    std::uint32_t attempts = 0;
};

}  // namespace

TEST_CASE("the first binding whose resource and parameters fit takes the task") {
    const Json list = Json::parse(R"([
        {"resource": "arn:aws:states:::glue:startJobRun.sync", "match": {"JobName": "nightly-*"}, "task": "shell"},
        {"resource": "arn:aws:states:::glue:startJobRun.sync", "match": {"JobName": "load", "Retries": 3}, "task": "stepwell:http"},
        {"resource": "arn:aws:lambda:*:function:legacy-*", "task": "echo"},
        {"resource": "arn:aws:lambda:*:function:*", "task": "notify"}])");
    struct Case {
        std::string resource;
        Json parameters;
        std::string want;
    };
    const Case cases[] = {
        {kGlue, {{"JobName", "nightly-orders"}}, "stepwell:shell"},
        {kGlue, {{"JobName", "load"}, {"Retries", 3}}, "stepwell:http"},
        {kGlue, {{"JobName", "load"}}, kGlue},
        {kGlue, Json("text"), kGlue},
        {"arn:aws:lambda:us-east-1:1:function:legacy-a", Json(1), "stepwell:echo"},
        {"arn:aws:lambda:us-east-1:1:function:new", Json(1), "stepwell:notify"},
        {"stepwell:echo", Json(1), "stepwell:echo"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.resource);
        CAPTURE(c.parameters);
        Fixture fixture(list);
        fixture.start(c.resource, c.parameters);
        REQUIRE(fixture.runner.started.size() == 1);
        CHECK(fixture.runner.started[0].resource == c.want);
    }
}

TEST_CASE("parameters and result of a bound task come out of its templates") {
    Fixture fixture(Json::parse(R"([{"resource": "arn:aws:lambda:*", "task": "echo",
        "parameters": {"date.$": "$.Arguments['--date']", "fixed": 1},
        "result": {"rows.$": "$.result.rows", "date.$": "$.input.Arguments['--date']"}}])"));
    const TaskToken token = fixture.start("arn:aws:lambda:us-east-1:1:function:f",
                                          {{"Arguments", {{"--date", "2024-01-15"}}}});
    CHECK(fixture.runner.started.at(0).parameters.text() == R"({"date":"2024-01-15","fixed":1})");
    fixture.dispatcher.succeeded(token, Payload(Json{{"rows", 7}}));
    CHECK(fixture.engine.outcome(token).output == R"({"rows":7,"date":"2024-01-15"})");
}

TEST_CASE(
    "without templates the parameters pass through and the bound service's answer comes back") {
    Fixture fixture(Json::parse(R"([{"resource": "*", "task": "echo"}])"));
    const Json parameters = {{"JobName", "j"}, {"Arguments", {{"--a", "b"}}}};
    const TaskToken glue = fixture.start(kGlue, parameters);
    CHECK(fixture.engine.outcome(glue).kind == "submitted");
    CHECK(Json::parse(fixture.engine.outcome(glue).output)["JobRunId"].is_string());
    CHECK(fixture.runner.started.at(0).parameters.json() == parameters);
    fixture.dispatcher.succeeded(glue, Payload(Json(1)));
    const Json run = Json::parse(fixture.engine.outcome(glue).output);
    CHECK(run["JobRunState"] == "SUCCEEDED");
    CHECK(run["JobName"] == "j");
    CHECK(run["Arguments"] == parameters["Arguments"]);

    const TaskToken invoke = fixture.start("arn:aws:states:::lambda:invoke", Json::object());
    fixture.dispatcher.succeeded(invoke, Payload(Json(1)));
    CHECK(Json::parse(fixture.engine.outcome(invoke).output)["Payload"] == 1);

    const TaskToken legacy = fixture.start("arn:aws:lambda:us-east-1:1:function:f", Json::object());
    fixture.dispatcher.succeeded(legacy, Payload(Json(1)));
    CHECK(fixture.engine.outcome(legacy).output == "1");
}

TEST_CASE("a bound task's failure keeps its name, and a cancellation passes on") {
    Fixture fixture(Json::parse(R"([{"resource": "*", "task": "echo"}])"));
    const TaskToken failing = fixture.start("arn:aws:lambda:us-east-1:1:function:f", Json(1));
    fixture.dispatcher.failed(failing, "E_QUALITY", "3 rows");
    CHECK(fixture.engine.outcome(failing).error == "E_QUALITY");
    CHECK(fixture.engine.outcome(failing).cause == "3 rows");
    const TaskToken stopped = fixture.start("arn:aws:lambda:us-east-1:1:function:f", Json(1));
    fixture.dispatcher.cancel(stopped);
    CHECK(fixture.runner.cancelled == std::vector<TaskToken>{stopped});
}

TEST_CASE("a template that finds nothing fails the attempt and says where") {
    Fixture fixture(
        Json::parse(R"([{"resource": "a*", "task": "echo", "parameters": {"x.$": "$.none"}},
                                    {"resource": "b*", "task": "echo", "result": {"y.$": "$.result.none"}}])"));
    const TaskToken first = fixture.start("a", Json::object());
    CHECK(fixture.engine.outcome(first).error == "Stepwell.BindingFailed");
    CHECK(fixture.engine.outcome(first).cause ==
          "bindings[0].parameters: States.Runtime: The JSONPath '$.none' specified for the field "
          "'x.$' could not be found in the input '{}'");
    CHECK(fixture.runner.started.empty());
    const TaskToken second = fixture.start("b", Json::object());
    fixture.dispatcher.succeeded(second, Payload(Json::object()));
    CHECK(fixture.engine.outcome(second).error == "Stepwell.BindingFailed");
    CHECK(fixture.engine.outcome(second).cause.find("bindings[1].result") == 0);
}

TEST_CASE("all faults of all bindings are reported at once") {
    const Json list = Json::parse(R"([
        {"resorce": "x", "task": "shel"},
        {"resource": "x"},
        {"resource": "x", "task": "echo", "parameters": {"a.$": "$.["}},
        7])");
    const auto bindings = Bindings::compile(&list);
    REQUIRE_FALSE(bindings);
    const auto& faults = bindings.error();
    REQUIRE(faults.size() == 4);
    CHECK(
        faults[0] ==
        "bindings[0]: expected 'resource', as the workflow names it; task: expected a built-in "
        "task, but there is no 'stepwell:shel'; did you mean 'stepwell:shell'?; there is no field "
        "'resorce'; did you mean 'resource'?");
    CHECK(faults[1].find("bindings[1]: expected 'task'") == 0);
    CHECK(faults[2].find("bindings[2]: parameters/a.$: ") == 0);
    CHECK(faults[3].find("bindings[3]: expected an object, but found 7") == 0);
}

TEST_CASE("a resource that a task serves may be bound to as well, and runs in a host") {
    RecordingSink engine;
    const Json list =
        Json::parse(R"([{"resource": "arn:aws:states:::glue:startJobRun.sync", "task": "echo",
                                       "result": {"got.$": "$.result.JobName"}}])");
    Dispatcher dispatcher(compiled(list), engine);
    TemporaryFolder folder;
    tasks::HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.host.data_folder = folder.path();
    tasks::HostRunner hosts(settings, dispatcher);
    REQUIRE(hosts.open());
    dispatcher.forward_to(hosts);
    runtime::TaskRequest request;
    request.token = {ExecutionId{1}, kRootFrame, 1};
    request.resource = kGlue;
    request.parameters = Payload(Json{{"JobName", "j"}});
    const TaskToken token = request.token;
    dispatcher.start(std::move(request));
    engine.wait_for_ends(2);  // submitted, then succeeded
    CHECK(engine.outcome(token).output == R"({"got":"j"})");
}

}  // namespace stepwell::test
