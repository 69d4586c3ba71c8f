// The engine: the one owner of all executions.
//
//   decide -> append durably -> swap in -> carry out commands -> answer the caller
//
// Invariants:
//   (1) Nothing is answered, told to a listener or handed to a task before it is durable.
//   (2) Where the journal cannot say what it has written, or somebody else has taken it over, the
//       engine is over: it refuses everything, and a new process (or a new Engine) recovers from
//       what the disk says. It never guesses. Where certainly nothing was written it goes on.
//   (3) An execution that the core cannot decide about is quarantined; the others go on.
//
// Threads: one thread of its own decides. Everything here may be called from any thread, answers
// and listeners run on the engine's thread and must be quick. The `*_now` forms wait for the answer
// and must not be called from there.
#pragma once

#include <array>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal/journal.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/engine_types.hpp"
#include "engine/runtime/task_runner.hpp"
#include "engine/runtime/work_observer.hpp"

namespace stepwell::runtime {

/// Bounds of a histogram, in milliseconds; what takes longer is in a last bucket.
inline constexpr std::array<double, 10> kCommitBoundsMs{0.1, 0.25, 0.5, 1,   2.5,
                                                        5,   10,   25,  100, 1'000};

class Engine final : public TaskSink {
public:
    enum class Threading {
        own_thread,
        manual,  // tests: nothing happens but in step()
    };

    /// REQUIRES: journal and clock outlive the engine.
    Engine(EngineSettings settings, journal::Journal& journal, Clock& clock);
    /// Stops.
    ~Engine() override;

    /// Recovers from the journal, starts the tasks again that were in flight, and begins to work.
    /// Fails where the journal cannot be read. REQUIRES: called once; `runner` outlives the engine,
    /// or stop() was called.
    Result<void> start(TaskRunner& runner, Threading threading = Threading::own_thread);

    /// Refuses new requests, finishes those that wait, and ends the thread. Tasks in flight are
    /// left alone: the next daemon starts them again.
    void stop();

    /// REQUIRES: called before start(); the observer outlives the engine, or stop() was called.
    void add_observer(WorkObserver& observer);
    /// Called once, from the engine's thread, when the journal failed. Set before start().
    void on_failure(std::function<void(const Error&)> callback);

    /// Makes a workflow. The same name, definition, type and settings again: answers with what is
    /// there. Fails with `invalid` (the definition: AWS's text), `conflict` (the name is taken).
    void create_workflow(WorkflowSpec spec, Answer<WorkflowStatus> answer);
    /// Makes it, or a new version of it where it differs from the newest. For workflow files.
    void put_workflow(WorkflowSpec spec, Answer<WorkflowStatus> answer);
    /// Makes a new version, unless nothing changes. Fails with `not_found`, `invalid`.
    void update_workflow(std::string name, WorkflowUpdate update, Answer<WorkflowStatus> answer);
    /// No new starts; what runs goes on. What is published of it and its tags are removed with it.
    /// An unknown name is no error.
    void delete_workflow(std::string name, Answer<void> answer);

    /// Starts an execution; a repetition of a start under the same name answers with the first one.
    /// Fails with `not_found` (no such workflow, version or alias), `conflict` ("Execution Already
    /// Exists: 'ARN'"), `unavailable` (too many wait, the disk is nearly full, the engine stops),
    /// `io` (it is over).
    void start_execution(StartRequest request, Answer<Started> answer);
    /// Answers with the time at which it ended, also where it had ended before.
    void stop_execution(ExecutionId id, core::StopExecution how, Answer<Timestamp> answer);

    /// Opens a closed execution again; the answer comes when that is durable. Fails with
    /// `not_found`, `conflict` (it may not be redriven; the message is AWS's reason),
    /// `unavailable`.
    void redrive_execution(RedriveRequest request, Answer<Redriven> answer);

    /// Changes a Map Run that goes on. Fails with `conflict` where it does not.
    void update_map_run(const TaskToken& run, MapRunUpdate update, Answer<void> answer);

    /// What decides whether an execution may be redriven.
    [[nodiscard]] RedrivePolicy redrive_policy() const;

    /// The attempt whose token this is ($$.Task.Token); nothing where this journal did not make it.
    [[nodiscard]] std::optional<TaskToken> task_token(std::string_view text) const;
    /// The other way round. Whoever has the text may end the attempt.
    [[nodiscard]] std::string task_token_text(const TaskToken& token) const;
    /// What somebody outside says of an attempt that waits for him: TaskSucceeded, TaskFailed or
    /// TaskHeartbeat. Answered once that is durable (a heartbeat: heard). Fails with `conflict`
    /// where the attempt has ended or waits for nobody outside, `not_found` where its execution is
    /// not known (any more).
    void answer_task(core::Input said, Answer<void> answer);
    /// A worker takes an activity's attempt, which the history then says; the answer is its input.
    /// Fails with `conflict` or `not_found` where it waits for no worker (any more).
    void pick_up(const TaskToken& token, std::string worker, Answer<Payload> answer);

    /// Writes documents and claims, all or nothing. Fails with `conflict` where a claim is taken or
    /// a document's condition does not hold; the message names it.
    void write(Writes writes, Answer<void> answer);

    /// Writes what the change says, all or nothing; fails as that does, or as write().
    void change(Change change, Answer<void> answer);

    /// Where an execution stands. Fails with `not_found` where it is not open, `corruption` where
    /// it cannot be loaded.
    void inspect(ExecutionId id, Answer<Inspection> answer);
    /// Forgets closed executions for ever, all of them or none. `conflict` where one is open, or
    /// went on since the removal was planned.
    void remove(Removals removals, Answer<void> answer);
    /// Writes run rows that were folded beside the engine. One whose run is open or has gone on
    /// since is passed over: it will get another one.
    void put_rows(FoldedRows rows, Answer<void> answer);
    /// Answers when the execution has ended, at once if it already has. `not_found`.
    void when_closed(ExecutionId id, Answer<Closed> answer);
    [[nodiscard]] Subscription subscribe(Listener listener);
    /// Attempts of an execution that may still write to their logs. One that is not here has
    /// written all it ever will, or has yet to begin.
    [[nodiscard]] std::vector<TaskToken> open_logs(ExecutionId id) const;

    Result<WorkflowStatus> create_workflow_now(WorkflowSpec spec);
    Result<WorkflowStatus> put_workflow_now(WorkflowSpec spec);
    Result<WorkflowStatus> update_workflow_now(std::string name, WorkflowUpdate update);
    Result<void> delete_workflow_now(std::string name);
    Result<Started> start_execution_now(StartRequest request);
    Result<Timestamp> stop_execution_now(ExecutionId id, core::StopExecution how);
    Result<void> write_now(Writes writes);
    Result<Redriven> redrive_execution_now(RedriveRequest request);
    Result<void> answer_task_now(core::Input said);
    Result<void> update_map_run_now(const TaskToken& run, MapRunUpdate update);
    Result<Inspection> inspect_now(ExecutionId id);
    Result<void> remove_now(Removals removals);
    Result<void> put_rows_now(FoldedRows rows);
    std::future<Result<Closed>> closed_future(ExecutionId id);

    // TaskSink. Where the inbox is full, the caller waits (but not the engine's own thread).
    void submitted(const TaskToken& token, Payload output) override;
    void heartbeat(const TaskToken& token) override;
    void succeeded(const TaskToken& token, Payload output) override;
    void failed(const TaskToken& token, std::string error,
                std::optional<std::string> cause) override;
    void progress(const TaskToken& token, Json progress) override;
    void log(const TaskToken& token, std::string line) override;

    /// Threading::manual: does one turn with what waits and what is due. False: there was nothing.
    bool step();
    /// Threading::manual: when something will be due by itself.
    [[nodiscard]] std::optional<Timestamp> next_due() const;

    struct Statistics {
        std::size_t loaded_executions = 0;
        std::size_t timers = 0;
        std::size_t quarantined = 0;
        std::size_t open_runs = 0;       // in memory or not
        std::size_t inbox_messages = 0;  // that wait for the engine's thread
        std::size_t inbox_max = 0;
        std::optional<Timestamp> next_timer;  // of those that the last turn left
        std::uint64_t free_bytes = 0;         // on the journal's disk
        std::uint64_t free_bytes_min = 0;     // below it has_room is false
        std::uint64_t turns = 0;
        std::uint64_t decisions = 0;
        std::array<std::uint64_t, kCommitBoundsMs.size() + 1> commits{};  // by what they took
        std::uint64_t commit_micros = 0;                                  // all together
        bool has_room = true;     // false: the disk is nearly full, and starts are refused
        bool is_stalled = false;  // the journal cannot be written for the moment
    };
    [[nodiscard]] Statistics statistics() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::runtime
