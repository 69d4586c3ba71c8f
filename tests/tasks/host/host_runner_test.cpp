#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "tasks/host/child_process.hpp"
#include "tests/tasks/host/test_tasks_support.hpp"

namespace stepwell::test {

using std::chrono::milliseconds;
using tasks::HostRunnerSettings;

TEST_CASE("a task runs in a host, and its parameters come back to the byte") {
    RunnerFixture fixture;
    runtime::TaskRequest request;
    request.resource = "stepwell:echo";
    request.parameters = Payload::trusted("{\"a\":  [1.50, 12345678901234567890123]}");
    const Outcome outcome = fixture.sink.outcome(fixture.start(std::move(request)));
    CHECK(outcome.kind == "succeeded");
    CHECK(outcome.output == "{\"a\":  [1.50, 12345678901234567890123]}");
}

TEST_CASE("many tasks at once all end, spread over the hosts") {
    RunnerFixture fixture;
    constexpr std::uint32_t kCount = 2'000;
    std::vector<TaskToken> tokens;
    for (std::uint32_t i = 0; i < kCount; ++i) {
        tokens.push_back(fixture.start("stepwell:echo", Json(i)));
    }
    fixture.sink.wait_for_ends(kCount);
    for (std::uint32_t i = 0; i < kCount; ++i) {
        REQUIRE(fixture.sink.outcome(tokens[i]).output == std::to_string(i));
    }
    CHECK(fixture.runner->statistics().hosts == 2);
    CHECK(fixture.runner->statistics().attempts == 0);
}

TEST_CASE("log lines, progress and heartbeats reach the sink before the end does") {
    RunnerFixture fixture;
    const TaskToken token = fixture.start("stepwell:test-chatter");
    CHECK(fixture.sink.outcome(token).output == "\"done\"");
    CHECK(fixture.sink.lines(token) == std::vector<std::string>{"one", "two", "three"});
    CHECK(fixture.sink.progress_of(token) ==
          std::vector<std::string>{R"({"message":"half","percent":50})", "heartbeat"});
}

TEST_CASE("what goes wrong in a task has a name") {
    struct Case {
        std::string resource;
        Json parameters;
        std::string error;
        std::string cause_has;
    };
    const Case cases[] = {
        {"stepwell:test-crash", {{"signal", SIGSEGV}}, "Stepwell.HostCrashed", "SIGSEGV"},
        {"stepwell:test-crash", {{"signal", SIGKILL}}, "Stepwell.HostCrashed", "SIGKILL"},
        {"stepwell:test-crash", {{"exit", 3}}, "Stepwell.HostCrashed", "exited with code 3"},
        {"stepwell:test-misbehave", {{"how", "bad_alloc"}}, "Stepwell.OutOfMemory", "more memory"},
        {"stepwell:test-misbehave", {{"how", "exception"}}, "Stepwell.TaskCrashed", "odd"},
        {"stepwell:test-misbehave", {{"how", "fail"}}, "Custom.Error", "as asked"},
        {"stepwell:shel", Json::object(), "States.Runtime", "did you mean 'stepwell:shell'?"},
        {"arn:aws:states:::glue:startJobRun.sync", Json::object(), "Stepwell.AwsNotConfigured",
         "bindings:"},
    };
    RunnerFixture fixture;
    for (const Case& c : cases) {
        CAPTURE(c.resource);
        CAPTURE(c.parameters);
        const Outcome outcome = fixture.run(c.resource, c.parameters);
        CHECK(outcome.kind == "failed");
        CHECK(outcome.error == c.error);
        CAPTURE(outcome.cause);
        CHECK(outcome.cause.find(c.cause_has) != std::string::npos);
        // Whatever it was: the next task runs.
        CHECK(fixture.run("stepwell:echo", Json(1)).output == "1");
    }
}

TEST_CASE("a crash fails what ran in that host and nothing in another") {
    RunnerFixture fixture;
    const TaskToken first = fixture.start("stepwell:test-wait");   // host 1
    const TaskToken second = fixture.start("stepwell:test-wait");  // host 2
    REQUIRE(fixture.sink.has_line(first, "waiting"));
    REQUIRE(fixture.sink.has_line(second, "waiting"));
    const TaskToken crash = fixture.start("stepwell:test-crash", {{"signal", SIGABRT}});  // host 1
    CHECK(fixture.sink.outcome(crash).error == "Stepwell.HostCrashed");
    CHECK(fixture.sink.outcome(first).error == "Stepwell.HostCrashed");
    CHECK_FALSE(fixture.sink.has_ended(second));
}

TEST_CASE("a cancelled task is told, and nothing more is heard of it") {
    RunnerFixture fixture;
    const TaskToken token = fixture.start("stepwell:test-wait");
    REQUIRE(fixture.sink.has_line(token, "waiting"));
    fixture.runner->cancel(token);
    while (fixture.runner->statistics().attempts != 0) {
        CHECK(fixture.run("stepwell:echo", Json(1)).kind == "succeeded");
    }
    CHECK_FALSE(fixture.sink.has_ended(token));
    CHECK(fixture.runner->statistics().hosts_started <= 2);
}

TEST_CASE("a task that ignores its cancellation loses its host, and its neighbours start again") {
    HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.cancel_grace = milliseconds(20);
    settings.host.stop_grace = milliseconds(20);
    RunnerFixture fixture(settings);
    const TaskToken deaf = fixture.start("stepwell:test-deaf");
    const TaskToken neighbour = fixture.start("stepwell:test-restarted");
    REQUIRE(fixture.sink.has_line(deaf, "deaf"));
    REQUIRE(fixture.sink.has_line(neighbour, "begun"));
    fixture.runner->cancel(deaf);
    CHECK(fixture.sink.outcome(neighbour).output == "\"restarted\"");
    CHECK_FALSE(fixture.sink.has_ended(deaf));
}

TEST_CASE("a host that stops answering is killed and named") {
    HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.ping_interval = milliseconds(20);
    settings.ping_timeout = milliseconds(300);
    RunnerFixture fixture(settings);
    const Outcome outcome = fixture.run("stepwell:test-crash", {{"signal", SIGSTOP}});
    CHECK(outcome.error == "Stepwell.HostUnresponsive");
    CHECK(outcome.cause == "the task host gave no sign of life for 0.3 s and was killed");
    CHECK(fixture.run("stepwell:echo", Json(1)).output == "1");
}

TEST_CASE("a host that cannot be started fails its tasks by name") {
    struct Case {
        std::string program;
        std::string cause_has;
    };
    const Case cases[] = {{"/nowhere/stepwell", "No such file"},
                          {"/bin/false", "exited with code 1"}};
    for (const Case& c : cases) {
        CAPTURE(c.program);
        HostRunnerSettings settings = RunnerFixture::default_settings();
        settings.program = c.program;
        RunnerFixture fixture(settings);
        const Outcome outcome = fixture.run("stepwell:echo");
        CHECK(outcome.error == "Stepwell.HostStartFailed");
        CAPTURE(outcome.cause);
        CHECK(outcome.cause.find(c.cause_has) != std::string::npos);
    }
}

TEST_CASE("closing the runner ends its hosts and all that their tasks started") {
    RunnerFixture fixture;
    // The grandchild leaves its process group, so only the host's session still names it.
    const std::string leave = "import os, time\nos.setpgid(0, 0)\nprint(os.getpid(), flush=True)\n";
    const TaskToken token =
        fixture.start("stepwell:shell", {{"script", "python3 -c \"$CODE\" & wait"},
                                         {"environment", {{"CODE", leave + "time.sleep(1000)"}}}});
    while (fixture.sink.lines(token).empty()) {
        REQUIRE(fixture.run("stepwell:echo").kind == "succeeded");
    }
    const int grandchild = std::stoi(fixture.sink.lines(token).front());
    const std::vector<int> hosts = fixture.runner->statistics().pids;
    REQUIRE_FALSE(hosts.empty());
    REQUIRE(is_alive(grandchild));
    fixture.runner->close();
    for (const int pid : hosts) CHECK_FALSE(is_alive(pid));
    CHECK_FALSE(is_alive(grandchild));
}

TEST_CASE("a killed host takes the children of its tasks with it") {
    RunnerFixture fixture;
    const TaskToken token =
        fixture.start("stepwell:shell", {{"script", "echo $$; exec sleep 1000"}});
    while (fixture.sink.lines(token).empty()) {
        REQUIRE(fixture.run("stepwell:echo").kind == "succeeded");
    }
    const int child = std::stoi(fixture.sink.lines(token).front());
    for (const int pid : fixture.runner->statistics().pids) ::kill(pid, SIGKILL);
    CHECK(fixture.sink.outcome(token).error == "Stepwell.HostCrashed");
    CHECK(is_gone_soon(child));
}

TEST_CASE("a new daemon waits for the hosts of one that was killed, even where they hang") {
    TemporaryFolder folder;
    HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.host.data_folder = folder.path();
    settings.old_hosts_grace = milliseconds(50);
    RunnerFixture old(settings);
    const TaskToken token = old.start("stepwell:shell", {{"script", "echo $$; exec sleep 1000"}});
    while (old.sink.lines(token).empty()) REQUIRE(old.run("stepwell:echo").kind == "succeeded");
    const int child = std::stoi(old.sink.lines(token).front());
    const std::vector<int> hosts = old.runner->statistics().pids;
    for (const int pid : hosts) ::kill(pid, SIGSTOP);

    RunnerFixture fresh(settings);  // its open() waits
    for (const int pid : hosts) CHECK_FALSE(is_alive(pid));
    CHECK_FALSE(is_alive(child));
    CHECK(fresh.run("stepwell:echo", Json(1)).output == "1");
}

TEST_CASE("kill -9 of the daemon ends its hosts and what they started, before the next one works") {
    TemporaryFolder folder;
    tasks::ChildSpec spec;
    spec.arguments = {std::filesystem::read_symlink("/proc/self/exe").string(), kDaemonCommand,
                      folder.path().string()};
    auto daemon = tasks::ChildProcess::spawn(spec);
    REQUIRE(daemon);
    std::string line;
    for (char c = 0; ::read(daemon->output().get(), &c, 1) == 1 && c != '\n';) line += c;
    std::istringstream words(line);
    std::vector<int> pids;
    for (int pid = 0; words >> pid;) pids.push_back(pid);
    REQUIRE(pids.size() >= 2);
    for (const int pid : pids) CHECK(is_alive(pid));
    ::kill(daemon->pid(), SIGKILL);

    HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.host.data_folder = folder.path();
    RunnerFixture next(settings);  // its open() waits
    for (const int pid : pids) CHECK_FALSE(is_alive(pid));
    CHECK(next.run("stepwell:echo", Json(1)).output == "1");
}

}  // namespace stepwell::test
