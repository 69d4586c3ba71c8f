// Tasks that no execution asks for: TestState has them done by the same task hosts. It stands
// between the engine and whoever reports, and takes what is about its own.
//
//   engine <-report-- LoneTasks <-report-- Dispatcher <-- HostRunner
//
// Threads: complete.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "api/aws/lone_task.hpp"
#include "engine/runtime/task_runner.hpp"

namespace stepwell::api {

class LoneTasks final : public runtime::TaskSink {
public:
    /// REQUIRES: `engine` outlives it.
    explicit LoneTasks(runtime::TaskSink& engine) : engine_(engine) {}
    /// Closes.
    ~LoneTasks() override { close(); }

    /// Who runs tasks. REQUIRES: called before the first run().
    void forward_to(runtime::TaskRunner& runner) { runner_ = &runner; }

    /// Has the task done; its token is made here. It fails with States.Timeout after its own time,
    /// or after five minutes. `done` is called once, from any thread.
    void run(runtime::TaskRequest request, aws::TaskDone done);

    /// All that runs fails, and so does what comes after.
    void close();

    void submitted(const TaskToken& token, Payload output) override;
    void heartbeat(const TaskToken& token) override;
    void succeeded(const TaskToken& token, Payload output) override;
    void failed(const TaskToken& token, std::string error,
                std::optional<std::string> cause) override;
    void progress(const TaskToken& token, Json progress) override;
    void log(const TaskToken& token, std::string line) override;

private:
    struct Running {
        aws::TaskDone done;
        std::chrono::steady_clock::time_point due;
    };
    std::optional<TaskToken> admit(const runtime::TaskRequest& request, aws::TaskDone& done);
    void end(const TaskToken& token, aws::TaskEnd end);
    void watch();
    std::optional<TaskToken> take_overdue(aws::TaskDone& done);

    runtime::TaskSink& engine_;
    runtime::TaskRunner* runner_ = nullptr;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<TaskToken, Running> running_;
    std::uint64_t next_ = 0;
    bool is_closed_ = false;
    std::thread watcher_;  // begun by the first task
};

}  // namespace stepwell::api
