#include "tests/tasks/host/test_tasks_support.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <new>

#include "tasks/host/child_process.hpp"
#include "tasks/host/host_connection.hpp"

namespace stepwell::test {

namespace {

constexpr std::chrono::seconds kPatience{60};

using tasks::HostKind;
using tasks::TaskContext;
using tasks::TaskError;
using tasks::TaskResult;
using tasks::TaskType;

TaskResult crash(const Json& parameters, TaskContext& context) {
    context.log("about to crash");
    if (parameters.contains("exit")) ::_exit(parameters["exit"].get<int>());
    ::signal(parameters.at("signal").get<int>(), SIG_DFL);
    ::kill(::getpid(), parameters.at("signal").get<int>());
    while (true) ::pause();
}

TaskResult misbehave(const Json& parameters, TaskContext&) {
    const std::string how = parameters.at("how");
    if (how == "bad_alloc") throw std::bad_alloc();
    if (how == "exception") throw std::runtime_error("something odd");
    return fail(TaskError{"Custom.Error", "as asked"});
}

/// Ends when it is cancelled, or never.
TaskResult wait_for_cancel(const Json&, TaskContext& context) {
    std::mutex mutex;
    std::condition_variable stopped;
    bool is_stopped = false;
    const auto guard = context.on_cancel([&] {
        const std::lock_guard lock(mutex);
        is_stopped = true;
        stopped.notify_all();
    });
    context.log("waiting");
    std::unique_lock lock(mutex);
    stopped.wait(lock, [&] { return is_stopped; });
    return fail(TaskError{"Stepwell.Cancelled", "as asked"});
}

TaskResult ignore_cancel(const Json&, TaskContext& context) {
    context.log("deaf");
    while (true) ::pause();
}

TaskResult chatter(const Json&, TaskContext& context) {
    context.log("one");
    context.log("two\nthree");
    context.progress({{"message", "half"}, {"percent", 50}});
    context.heartbeat();
    return Json("done");
}

/// Waits for a neighbour's host to be replaced: succeeds in the second one.
TaskResult succeed_when_restarted(const Json&, TaskContext& context) {
    context.log("begun");
    if (context.request().is_restarted) return Json("restarted");
    while (true) ::pause();
}

/// Asks for something outside, and loses its host: once, or each time.
TaskResult submit(const Json& parameters, TaskContext& context) {
    const auto& submitted = context.request().submitted;
    const bool dies = !submitted || parameters.value("dies", "once") == "always";
    context.submitted({{"job", 7}});
    if (!dies) return Json{{"taken_up", submitted->json()}};
    ::kill(::getpid(), SIGKILL);
    while (true) ::pause();
}

TaskResult show_configuration(const Json&, TaskContext& context) {
    return context.settings().configuration;
}

TaskType make(std::string name, TaskResult (*run)(const Json&, TaskContext&),
              HostKind host = HostKind::general) {
    TaskType type;
    type.name = std::move(name);
    type.host = host;
    type.run = run;
    return type;
}

}  // namespace

const tasks::TaskCatalog& test_catalog() {
    static const tasks::TaskCatalog catalog = [] {
        std::vector<TaskType> types = tasks::builtin_tasks();
        types.push_back(make("test-crash", crash));
        types.push_back(make("test-misbehave", misbehave));
        types.push_back(make("test-wait", wait_for_cancel));
        types.push_back(make("test-chatter", chatter));
        types.push_back(make("test-deaf", ignore_cancel, HostKind::data));
        types.push_back(make("test-restarted", succeed_when_restarted, HostKind::data));
        types.push_back(make("test-submit", submit));
        types.push_back(make("test-settings", show_configuration));
        types.back().sections = {"http", "connections"};
        return tasks::TaskCatalog(std::move(types));
    }();
    return catalog;
}

void RecordingSink::finish(const TaskToken& token, Outcome outcome) {
    const std::lock_guard lock(mutex_);
    outcomes_[token] = std::move(outcome);
    ++ends_;
    changed_.notify_all();
}

void RecordingSink::submitted(const TaskToken& token, Payload output) {
    finish(token, {"submitted", output.text(), "", ""});
}
void RecordingSink::heartbeat(const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    progress_[token].emplace_back("heartbeat");
}
void RecordingSink::succeeded(const TaskToken& token, Payload output) {
    finish(token, {"succeeded", output.text(), "", ""});
}
void RecordingSink::failed(const TaskToken& token, std::string error,
                           std::optional<std::string> cause) {
    finish(token, {"failed", "", std::move(error), cause.value_or("(none)")});
}
void RecordingSink::progress(const TaskToken& token, Json progress) {
    const std::lock_guard lock(mutex_);
    progress_[token].push_back(to_text(progress));
}
void RecordingSink::log(const TaskToken& token, std::string line) {
    const std::lock_guard lock(mutex_);
    lines_[token].push_back(std::move(line));
    changed_.notify_all();
}

Outcome RecordingSink::outcome(const TaskToken& token) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return outcomes_.count(token) != 0; });
    const auto found = outcomes_.find(token);
    return found == outcomes_.end() ? Outcome{"none", "", "", ""} : found->second;
}

bool RecordingSink::has_line(const TaskToken& token, const std::string& line) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] {
        const auto& lines = lines_[token];
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    });
}

std::vector<std::string> RecordingSink::lines(const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    return lines_[token];
}
std::vector<std::string> RecordingSink::progress_of(const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    return progress_[token];
}
bool RecordingSink::has_ended(const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    return outcomes_.count(token) != 0;
}
void RecordingSink::wait_for_ends(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return ends_ >= count; });
}

tasks::HostRunnerSettings RunnerFixture::default_settings() {
    tasks::HostRunnerSettings settings;
    settings.catalog = &test_catalog();
    settings.host.stop_grace = std::chrono::milliseconds(200);
    return settings;
}

RunnerFixture::RunnerFixture() : RunnerFixture(default_settings()) {}

RunnerFixture::RunnerFixture(tasks::HostRunnerSettings settings) {
    if (settings.host.data_folder.empty()) settings.host.data_folder = folder.path();
    runner = std::make_unique<tasks::HostRunner>(std::move(settings), sink);
    SW_ASSERT(runner->open());
}

TaskToken RunnerFixture::start(const std::string& resource, Json parameters) {
    runtime::TaskRequest request;
    request.resource = resource;
    request.parameters = Payload(std::move(parameters));
    return start(std::move(request));
}

TaskToken RunnerFixture::start(runtime::TaskRequest request) {
    request.token = {ExecutionId{7}, kRootFrame, next_attempt_++};
    if (request.execution_arn.empty()) {
        request.execution_arn = "arn:aws:states:us-east-1:111111111111:execution:flow:run";
    }
    if (request.state_name.empty()) request.state_name = "Step";
    const TaskToken token = request.token;
    runner->start(std::move(request));
    return token;
}

Outcome RunnerFixture::run(const std::string& resource, Json parameters) {
    return sink.outcome(start(resource, std::move(parameters)));
}

int old_host_main() {
    tasks::HostConnection connection(tasks::kHostSocket);
    tasks::FrameReader reader;
    // Ready, in the words of a release that knew no versions.
    connection.send(std::string("\x10\0\0\0\0\0\0\0{\"type\":\"ready\"}", 24));
    while (connection.receive(reader)) {
    }
    return 0;
}

int daemon_main(const char* data_folder) {
    tasks::HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.host.data_folder = data_folder;
    RunnerFixture fixture(settings);
    const TaskToken token =
        fixture.start("stepwell:shell", {{"script", "echo $$; exec sleep 1000"}});
    while (fixture.sink.lines(token).empty()) {
        if (fixture.run("stepwell:echo").kind != "succeeded") return 1;
    }
    std::printf("%s", fixture.sink.lines(token).front().c_str());
    for (const int pid : fixture.runner->statistics().pids) std::printf(" %d", pid);
    std::printf("\n");
    std::fflush(stdout);
    while (true) ::pause();
}

bool is_alive(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    if (!std::getline(file, text)) return false;
    const std::size_t end = text.rfind(')');
    return end != std::string::npos && text.substr(end + 2, 1) != "Z";
}

bool is_gone_soon(int pid) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (is_alive(pid)) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        ::poll(nullptr, 0, 2);
    }
    return true;
}

}  // namespace stepwell::test
