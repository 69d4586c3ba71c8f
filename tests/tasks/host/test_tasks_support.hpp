// What the tests of the task hosts share: a sink that remembers, tasks that misbehave, and a runner
// whose hosts are this very test program.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tasks/host/host_runner.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

struct Outcome {
    std::string kind;  // "succeeded", "failed", "submitted", or "none" where nothing came in time
    std::string output;
    std::string error;
    std::string cause;
};

class RecordingSink final : public runtime::TaskSink {
public:
    void submitted(const TaskToken& token, Payload output) override;
    void heartbeat(const TaskToken& token) override;
    void succeeded(const TaskToken& token, Payload output) override;
    void failed(const TaskToken& token, std::string error,
                std::optional<std::string> cause) override;
    void progress(const TaskToken& token, Json progress) override;
    void log(const TaskToken& token, std::string line) override;

    /// Waits for the attempt's end.
    Outcome outcome(const TaskToken& token);
    /// Waits until the attempt's log has such a line.
    bool has_line(const TaskToken& token, const std::string& line);
    std::vector<std::string> lines(const TaskToken& token);
    std::vector<std::string> progress_of(const TaskToken& token);
    bool has_ended(const TaskToken& token);
    void wait_for_ends(std::size_t count);

private:
    void finish(const TaskToken& token, Outcome outcome);
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<TaskToken, Outcome> outcomes_;
    std::map<TaskToken, std::vector<std::string>> lines_;
    std::map<TaskToken, std::vector<std::string>> progress_;
    std::size_t ends_ = 0;
};

/// The built-in tasks and some that crash, hang or do not listen.
const tasks::TaskCatalog& test_catalog();

/// A runner with a data folder of its own.
class RunnerFixture {
public:
    RunnerFixture();
    explicit RunnerFixture(tasks::HostRunnerSettings settings);

    TaskToken start(const std::string& resource, Json parameters = Json::object());
    TaskToken start(runtime::TaskRequest request);
    /// Starts it and waits for its end.
    Outcome run(const std::string& resource, Json parameters = Json::object());

    /// For changing before open().
    static tasks::HostRunnerSettings default_settings();

    TemporaryFolder folder;
    RecordingSink sink;
    std::unique_ptr<tasks::HostRunner> runner;

private:
    std::uint32_t next_attempt_ = 1;
};

/// argv[1] of a process that is to be a daemon: runs a command that lasts, prints the numbers of
/// its hosts and of the command, and waits to be killed. argv[2]: the data folder.
inline constexpr const char* kDaemonCommand = "test-daemon";
int daemon_main(const char* data_folder);

/// argv[1] of a process that is to be a host of a release that knew no versions.
inline constexpr const char* kOldHostCommand = "test-old-host";
int old_host_main();

/// Whether there is such a process, and it is not a zombie.
bool is_alive(int pid);
/// Waits until it is gone.
bool is_gone_soon(int pid);

}  // namespace stepwell::test
