#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include "tasks/host/strays.hpp"
#include "tests/tasks/host/test_tasks_support.hpp"

namespace stepwell::test {

using tasks::adopt_orphans;
using tasks::HostRunnerSettings;
using tasks::may_have_orphans;

TEST_CASE("a command's exit code and output are its result") {
    struct Case {
        std::string name;
        Json parameters;
        std::string want;
    };
    // clang-format off
    const Case cases[] = {
        {"argv, no shell", {{"command", {"printf", "%s|", "a b", "$HOME", ";"}}},
         R"({"exit_code":0,"stdout":"a b|$HOME|;|"})"},
        {"a script", {{"script", "echo one\necho two\n"}}, R"({"exit_code":0,"stdout":"one\ntwo\n"})"},
        {"another shell", {{"script", "print(6 * 7)"}, {"shell", {"python3"}}}, R"({"exit_code":0,"stdout":"42\n"})"},
        {"an expected code", {{"script", "exit 3"}, {"expect_exit_codes", {0, 3}}}, R"({"exit_code":3,"stdout":""})"},
        {"text", {{"script", "echo hi"}, {"parse_output", "text"}}, R"({"exit_code":0,"output":"hi"})"},
        {"JSON", {{"script", "echo '{\"a\": [1]}'"}, {"parse_output", "json"}}, R"({"exit_code":0,"output":{"a":[1]}})"},
        {"lines", {{"script", "printf 'a\\n\\nb'"}, {"parse_output", "lines"}}, R"({"exit_code":0,"output":["a","","b"]})"},
        {"input", {{"command", {"cat"}}, {"input", {{"x", 1}}}}, R"({"exit_code":0,"stdout":"{\"x\":1}"})"},
        {"no input", {{"command", {"cat"}}}, R"({"exit_code":0,"stdout":""})"},
        {"a variable", {{"script", "echo $GREETING $STEPWELL_STATE $STEPWELL_ATTEMPT"}, {"environment", {{"GREETING", "hi"}}}},
         R"({"exit_code":0,"stdout":"hi Step 1\n"})"},
        {"a folder", {{"command", {"pwd"}}, {"working_folder", "/usr"}}, R"({"exit_code":0,"stdout":"/usr\n"})"},
        {"not UTF-8", {{"command", {"printf", "a\\377b"}}}, "{\"exit_code\":0,\"stdout\":\"a\xEF\xBF\xBD" "b\"}"},
        {"children that stay", {{"script", "sleep 1000 & echo gone"}}, R"({"exit_code":0,"stdout":"gone\n"})"},
        {"nobody reads", {{"command", {"true"}}, {"input", std::string(1'000'000, 'x')}}, R"({"exit_code":0,"stdout":""})"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        RunnerFixture fixture;
        const Outcome outcome = fixture.run("stepwell:shell", c.parameters);
        CAPTURE(outcome.error);
        CAPTURE(outcome.cause);
        CHECK(outcome.output == c.want);
    }
}

TEST_CASE("a command that does not end as expected has a named error and its last words") {
    struct Case {
        std::string name;
        Json parameters;
        std::string error;
        std::string cause;
    };
    // clang-format off
    const Case cases[] = {
        {"exit code", {{"script", "echo oh no >&2; exit 7"}}, "Shell.ExitCode.7", "the command exited with code 7 (expected 0): oh no"},
        {"signal", {{"script", "kill -SEGV $$"}}, "Shell.Signal.SIGSEGV", "the command was ended by SIGSEGV"},
        {"no program", {{"command", {"no-such-program-here"}}}, "Shell.NotFound", "expected a program 'no-such-program-here', but PATH has none"},
        {"no folder", {{"command", {"true"}}, {"working_folder", "/nowhere"}}, "Shell.NotFound", "expected the working folder '/nowhere' to exist"},
        {"not executable", {{"command", {"/etc/passwd"}}}, "Shell.NotExecutable", "expected '/etc/passwd' to be an executable file"},
        {"an unset variable", {{"script", "echo $nothing_here"}}, "Shell.ExitCode.2", "parameter not set"},
        {"a command in the middle", {{"script", "false\necho on"}}, "Shell.ExitCode.1", "exited with code 1"},
        {"no JSON", {{"command", {"echo", "{"}}, {"parse_output", "json"}}, "Shell.InvalidOutput", "expected JSON on the standard output"},
        {"nothing to run", Json::object(), "Stepwell.InvalidParameters", "expected either 'command'"},
        {"all faults at once", {{"comand", {"x"}}, {"parse_output", "xml"}, {"script", 1}}, "Stepwell.InvalidParameters",
         "expected 'script' to be a string, but it is 1; expected 'parse_output' to be text, json or lines, but it is 'xml'; "
         "expected either 'command' (a list of words) or 'script' (a text); there is no field 'comand'; did you mean 'command'?"},
    };
    // clang-format on
    RunnerFixture fixture;
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const Outcome outcome = fixture.run("stepwell:shell", c.parameters);
        CHECK(outcome.kind == "failed");
        CHECK(outcome.error == c.error);
        CAPTURE(outcome.cause);
        CHECK(outcome.cause.find(c.cause) != std::string::npos);
    }
}

TEST_CASE("a command that eats memory runs into its limit, and nothing else does") {
    RunnerFixture fixture;
    const std::string grow = "x = []\nwhile True: x.append(bytearray(1 << 20))";
    const Outcome outcome = fixture.run(
        "stepwell:shell", {{"command", {"python3", "-c", grow}}, {"memory_limit", "128MB"}});
    CAPTURE(outcome.cause);
    CHECK(outcome.error == "Stepwell.OutOfMemory");
    CHECK(outcome.cause.find("128 MiB") != std::string::npos);
    CHECK(outcome.cause.find("MemoryError") != std::string::npos);
    CHECK(fixture.run("stepwell:echo", Json(1)).output == "1");
}

TEST_CASE("output comes to the log while the command runs") {
    RunnerFixture fixture;
    const TaskToken token = fixture.start(
        "stepwell:shell", {{"script", "echo to stdout; echo to stderr >&2; exec sleep 1000"}});
    CHECK(fixture.sink.has_line(token, "to stdout"));
    CHECK(fixture.sink.has_line(token, "to stderr"));
    CHECK_FALSE(fixture.sink.has_ended(token));
    fixture.runner->cancel(token);
}

TEST_CASE("a hundred megabytes of output cost neither memory nor the end of it") {
    RunnerFixture fixture;
    const std::string print =
        "import sys\nfor i in range(1600): sys.stdout.write(('x' * 63 + '\\n') * 1024)";
    const TaskToken token =
        fixture.start("stepwell:shell", {{"command", {"python3", "-c", print + "\nprint('end')"}}});
    const Outcome outcome = fixture.sink.outcome(token);
    REQUIRE(outcome.kind == "succeeded");
    const Json result = Json::parse(outcome.output);
    const std::string text = result["stdout"];
    CHECK(text.size() == 64u << 10);
    CHECK(text.substr(text.size() - 6) == "x\nend\n");
    CHECK(result["stdout_truncated"] == true);
    const auto lines = fixture.sink.lines(token);
    CHECK(lines.size() < 150'000);
    CHECK(lines.back().find("not kept") != std::string::npos);
}

TEST_CASE("a cancelled command is asked to end, then made to, with all its group") {
    struct Case {
        std::string name;
        std::string script;
    };
    const Case cases[] = {
        {"it obeys", "echo $$; exec sleep 1000"},
        {"it ignores SIGTERM", "trap '' TERM; echo $$; while true; do sleep 1000; done"},
        {"its child ignores SIGTERM", "(trap '' TERM; sh -c 'echo $$; exec sleep 1000'); wait"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        RunnerFixture fixture;
        const TaskToken token = fixture.start("stepwell:shell", {{"script", c.script}});
        while (fixture.sink.lines(token).empty()) {
            REQUIRE(fixture.run("stepwell:echo").kind == "succeeded");
        }
        const int pid = std::stoi(fixture.sink.lines(token).front());
        REQUIRE(is_alive(pid));
        fixture.runner->cancel(token);
        CHECK(is_gone_soon(pid));
        CHECK(fixture.runner->statistics().hosts_started <= 2);
    }
}

namespace {

/// Starts what leaves the group by setsid, by a double fork and by both, and says their numbers.
constexpr const char* kStrays =
    "setsid sh -c 'echo $$; exec sleep 1000' &\n"
    "(setsid sh -c '(sh -c \"echo \\$\\$; exec sleep 1000\" &)' &)\n"
    "(setsid setsid sh -c 'echo $$; while :; do sleep 1000; done' &)\n";

std::vector<int> numbers_of(RunnerFixture& fixture, const TaskToken& token) {
    while (fixture.sink.lines(token).size() < 3) {
        REQUIRE(fixture.run("stepwell:echo").kind == "succeeded");
    }
    std::vector<int> pids;
    for (const std::string& line : fixture.sink.lines(token)) pids.push_back(std::stoi(line));
    return pids;
}

}  // namespace

TEST_CASE("what left a command's group ends with it: when it ends, is stopped, or its host goes") {
    // clang-format off
    const std::vector<std::pair<std::string, std::function<void(RunnerFixture&, const TaskToken&)>>> kEnds{
        {"stop", [](RunnerFixture& fixture, const TaskToken& token) { fixture.runner->cancel(token); }},
        {"the runner stops", [](RunnerFixture& fixture, const TaskToken&) { fixture.runner->close(); }},
        {"the host is killed", [](RunnerFixture& fixture, const TaskToken&) {
             for (const int pid : fixture.runner->statistics().pids) ::kill(pid, SIGKILL);
         }}};
    // clang-format on
    for (const auto& row : kEnds) {
        const auto& name = row.first;
        const auto& end = row.second;
        CAPTURE(name);
        RunnerFixture fixture;
        const TaskToken token =
            fixture.start("stepwell:shell", {{"script", kStrays + std::string("sleep 1000")}});
        const std::vector<int> pids = numbers_of(fixture, token);
        for (const int pid : pids) REQUIRE(is_alive(pid));
        end(fixture, token);
        for (const int pid : pids) CHECK(is_gone_soon(pid));
    }
    RunnerFixture fixture;
    // It ends by itself, once the others have said who they are: the pipe is their output.
    const TaskToken token = fixture.start(
        "stepwell:shell", {{"script", "{ " + std::string(kStrays) + "} 2>&1 | head -n 3"}});
    CHECK(fixture.sink.outcome(token).kind == "succeeded");
    for (const std::string& line : fixture.sink.lines(token)) CHECK(is_gone_soon(std::stoi(line)));
}

TEST_CASE("ending one command's strays leaves those of another alone") {
    HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.general_hosts = 1;
    RunnerFixture fixture(settings);
    const auto start = [&] {
        return fixture.start("stepwell:shell", {{"script", kStrays + std::string("sleep 1000")}});
    };
    const TaskToken first = start();
    const TaskToken second = start();
    const std::vector<int> gone = numbers_of(fixture, first);
    const std::vector<int> kept = numbers_of(fixture, second);
    fixture.runner->cancel(first);
    for (const int pid : gone) CHECK(is_gone_soon(pid));
    for (const int pid : kept) CHECK(is_alive(pid));
}

TEST_CASE("orphans are seen at one look, however many commands other threads run") {
    adopt_orphans();
    // As in a host: the first thread starts no command.
    std::thread([] {
        std::FILE* running = ::popen("cat", "w");
        REQUIRE(running);
        CHECK_FALSE(may_have_orphans());
        std::FILE* leaving = ::popen("sleep 1000 >/dev/null & echo $!", "r");
        REQUIRE(leaving);
        int orphan = 0;
        REQUIRE(std::fscanf(leaving, "%d", &orphan) == 1);
        ::pclose(leaving);
        CHECK(may_have_orphans());
        ::kill(orphan, SIGKILL);
        ::waitpid(orphan, nullptr, 0);
        CHECK_FALSE(may_have_orphans());
        ::pclose(running);
    }).join();
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("a child sees no descriptor but its own") {
    RunnerFixture fixture;
    const Outcome outcome = fixture.run(
        "stepwell:shell", {{"command", {"ls", "/proc/self/fd"}}, {"parse_output", "lines"}});
    // 3 is the folder that ls itself reads.
    CHECK(outcome.output == R"({"exit_code":0,"output":["0","1","2","3"]})");
}

TEST_CASE("a task finds in its environment what is allowed, and nothing that is the daemon's") {
    // Set before the host starts, as a service manager would.
    const std::vector<std::pair<const char*, const char*>> kSet{
        {"STEPWELL_TOKEN", "swt_of_the_daemon"},
        {"STEPWELL_SECRET_KEY_FILE", "/run/key"},
        {"CREDENTIALS_DIRECTORY", "/run/credentials/x"},
        {"AWS_SECRET_ACCESS_KEY", "of the daemon"},
        {"LC_TEST", "allowed"},
        {"NAMED_ONE", "allowed"},
        {"PG_HOST", "allowed"}};
    for (const auto& [name, value] : kSet) ::setenv(name, value, 1);
    HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.environment = {"NAMED_ONE", "PG*", "STEPWELL_TOKEN"};
    RunnerFixture fixture(settings);
    const Outcome outcome =
        fixture.run("stepwell:shell", {{"script", "env; tr '\\0' '\\n' < /proc/$PPID/environ"}});
    for (const auto& [name, value] : kSet) ::unsetenv(name);
    for (const char* there :
         {"PATH=", "HOME=", "LC_TEST=allowed", "NAMED_ONE=allowed", "PG_HOST=allowed"}) {
        CAPTURE(there);
        CHECK(outcome.output.find(there) != std::string::npos);
    }
    for (const char* absent : {"STEPWELL_TOKEN", "swt_of_the_daemon", "STEPWELL_SECRET_KEY_FILE",
                               "CREDENTIALS_DIRECTORY", "AWS_SECRET_ACCESS_KEY"}) {
        CAPTURE(absent);
        CHECK(outcome.output.find(absent) == std::string::npos);
    }
}

}  // namespace stepwell::test
