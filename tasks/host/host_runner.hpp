// Runs tasks in task hosts: warm child processes of the same binary.
//
//   start() --> least busy host of the task's kind --> a thread in it --> report --> the sink
//
// What goes wrong in a host fails its attempts with a name that Retry and Catch can match:
//   Stepwell.HostCrashed       it was ended by a signal or exited; the cause says which
//   Stepwell.OutOfMemory       a task, or its host, ran into the memory limit
//   Stepwell.HostUnresponsive  it stopped answering and was killed
//   Stepwell.HostStartFailed   it could not be started
//   Stepwell.TaskCrashed       the task threw an exception (the host goes on)
//   Stepwell.SecretUnavailable a secret that the task needs of the configuration is not there
// Shell commands and functions are processes of their own: their crashes fail only themselves. A
// crash of a host fails all attempts in it, but those that have said what they submitted: these
// take it up in a new one, a few times. Where a host is killed on purpose, because a cancelled task
// does not stop, its neighbours are started again in a new one.
//
// A host knows the configuration with references in the places of secrets, and the values only of
// what its attempts need (TaskType::sections); the messenger those of what it delivers with.
//
// Threads: start() and cancel() may be called from any thread and do not wait. The sink is called
// from one thread of the runner's own.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/runtime/task_runner.hpp"
#include "tasks/registry.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

struct HostRunnerSettings {
    HostSettings host;
    /// What to execute as a host: the program, and arguments before "task-host".
    std::filesystem::path program = "/proc/self/exe";
    std::vector<std::string> arguments;
    /// What hosts get of this process's environment beside host_environment()'s own list.
    std::vector<std::string> environment;
    /// What the hosts know; the same in their host_main().
    const TaskCatalog* catalog = &builtin_catalog();

    std::uint32_t general_hosts = 2;
    std::uint32_t general_threads = 64;  // tasks at once in each; the others wait
    std::uint32_t data_threads = 16;
    std::uint64_t general_memory_bytes = 0;  // 0: no limit
    std::uint64_t data_memory_bytes = 0;

    std::chrono::milliseconds start_timeout{30'000};
    std::chrono::milliseconds ping_interval{5'000};    // while it has work
    std::chrono::milliseconds ping_timeout{30'000};    // without a sign of life
    std::chrono::milliseconds cancel_grace{10'000};    // beyond HostSettings::stop_grace
    std::chrono::milliseconds stop_grace{3'000};       // for hosts to exit when the runner ends
    std::chrono::milliseconds old_hosts_grace{5'000};  // for those of a killed daemon

    /// A part of HostSettings::configuration with the values of the secrets that it names; null:
    /// it names none. Fails where one is not there. Called by start(), and as hosts are started.
    std::function<Result<Json>(Json)> resolve;

    /// What happens to hosts, for the daemon's log.
    std::function<void(const std::string& line)> log;
};

class HostRunner final : public runtime::TaskRunner {
public:
    /// REQUIRES: the sink outlives it.
    HostRunner(HostRunnerSettings settings, runtime::TaskSink& sink);
    /// Closes.
    ~HostRunner() override;

    /// Waits until hosts of a killed daemon are gone, and starts the first host, and those that
    /// have work already (TaskType::wants_host). Others are started when they are needed; that one
    /// fails to start is told to its tasks.
    ///
    /// Fails with `unavailable` or `io` where old hosts cannot be dealt with. REQUIRES: the caller
    /// owns the data folder; called once, before the first start().
    Result<void> open();

    /// Ends all hosts and what their tasks started; nothing is reported any more. No effect when
    /// it was called before.
    void close();

    void start(runtime::TaskRequest request) override;
    void cancel(const TaskToken& token) override;

    struct Statistics {
        std::size_t hosts = 0;  // alive
        std::size_t attempts = 0;
        std::uint64_t hosts_started = 0;
        std::vector<int> pids;
    };
    [[nodiscard]] Statistics statistics() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::tasks
