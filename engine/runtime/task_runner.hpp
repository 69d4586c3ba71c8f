// The task port: how the engine has work done that is not its own. The only header of the engine
// that tasks see.
//
// Threads: the engine calls start() and cancel() from its own thread; they must return at once.
// A TaskSink may be called from any thread, until its owner says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"

namespace stepwell::runtime {

/// One attempt at a task, with what it may want to know about where it stands.
struct TaskRequest {
    TaskToken token;
    std::string resource;  // as written: "stepwell:validate", "arn:aws:lambda:...", ...
    Payload parameters;    // evaluated; the task's input
    std::string state_name;
    std::string execution_arn;
    std::string execution_name;
    std::string workflow_arn;
    std::string workflow_name;
    Timestamp execution_started_at;
    Timestamp entered_at;
    std::uint32_t retry_count = 0;
    std::optional<std::int64_t> timeout_seconds;
    std::optional<std::int64_t> heartbeat_seconds;
    /// The same for every attempt at this entry of the state, other for every other entry: data
    /// tasks make their effect happen once per key.
    std::string run_key;
    /// False: the attempt is only let wait. Once take_granted() has named it, the engine starts it:
    /// it comes again, picked up, after that is durable. Only for runners that make tasks wait.
    bool is_picked_up = true;
    /// True where an earlier daemon may have begun this very attempt.
    bool is_restarted = false;
    /// True where that is known: its start was durable. It does not wait again.
    bool has_begun = false;
    /// Of a task that had handed its work over before the restart: what it said then. The work has
    /// begun; the attempt is to wait for its end.
    std::optional<Payload> submitted;
    /// JSON pointers to the strings of `parameters` that stand in the definition as they are and
    /// name a secret. Only there may a value be put in: data of a run must not ask for one.
    std::vector<std::string> secret_places;
    /// True once values of secrets are in `parameters`: what keeps or passes on its parameters has
    /// to refuse them.
    bool has_secrets = false;
};

/// Where a task's reports go. Reports whose token is not in flight are dropped.
class TaskSink {
public:
    virtual ~TaskSink() = default;
    /// A `.sync`, `.waitForTaskToken` or `stepwell:` task has handed its work over.
    virtual void submitted(const TaskToken& token, Payload output) = 0;
    virtual void heartbeat(const TaskToken& token) = 0;
    virtual void succeeded(const TaskToken& token, Payload output) = 0;
    virtual void failed(const TaskToken& token, std::string error,
                        std::optional<std::string> cause) = 0;
    /// How far it is, for people: {"message", "percent", "rows", ...}; not journaled.
    virtual void progress(const TaskToken& token, Json progress) = 0;
    /// A line of the task's log: its output, or what the host says about it.
    virtual void log(const TaskToken& token, std::string line) = 0;
};

/// A task that is about to be scheduled.
struct TaskPlace {
    ExecutionId execution{};
    const std::string& workflow;
    const std::string& state;
    const std::string& resource;
};

class TaskRunner {
public:
    virtual ~TaskRunner() = default;
    /// Whether a task there has to wait before it is begun. Asked before start(), and only then may
    /// start() be given a request that is not picked up.
    [[nodiscard]] virtual bool has_to_wait(const TaskPlace&) const { return false; }
    /// The attempts that wait and may be picked up now, each once; asked at the end of each turn.
    virtual std::vector<TaskToken> take_granted() { return {}; }
    /// Begins the attempt; its end is reported to the sink exactly once, unless it is cancelled.
    virtual void start(TaskRequest request) = 0;
    /// Stops the attempt's work as soon as possible; reports of it no longer matter.
    virtual void cancel(const TaskToken& token) = 0;
};

}  // namespace stepwell::runtime
