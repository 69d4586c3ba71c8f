// The loop: what the engine does in one turn, on one thread.
//
//   take what waits -> decide all of it -> ONE commit -> commands -> answers
//
// Decisions are merged into the executions in memory before the commit, so that several inputs of
// one execution share a batch. Nobody sees that: commands, answers and listeners wait for the
// commit, and where it fails everything in memory is thrown away (fail()).
//
// Threads: the engine's only.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/listeners.hpp"
#include "engine/runtime/loop/catalog.hpp"
#include "engine/runtime/loop/episodes.hpp"
#include "engine/runtime/loop/execution_cache.hpp"
#include "engine/runtime/loop/inbox.hpp"
#include "engine/runtime/loop/ledger.hpp"
#include "engine/runtime/loop/run_rows.hpp"
#include "engine/runtime/loop/timer_queue.hpp"
#include "engine/runtime/names.hpp"
#include "engine/runtime/work/task_log.hpp"
#include "engine/runtime/work_observer.hpp"

namespace stepwell::runtime {

class Loop {
public:
    /// REQUIRES: all of them outlive it.
    Loop(const EngineSettings& settings, journal::Journal& journal, Clock& clock,
         Listeners& listeners, TaskLogs& logs);

    Result<void> recover();
    void set_runner(TaskRunner& runner) { runner_ = &runner; }
    /// REQUIRES: called before recover().
    void add_observer(WorkObserver& observer) { observers_.push_back(&observer); }

    /// One turn with `messages` and with the timers that are due. Fails once: then the journal has
    /// failed, and everything that waited has been told so.
    Result<void> turn(std::vector<Message>& messages);
    /// Answers everything with `error` from now on.
    void fail(const Error& error);

    /// When there will be something to do without a message; a time in the past means at once.
    [[nodiscard]] std::optional<Timestamp> next_due() const;
    [[nodiscard]] Engine::Statistics statistics() const;

private:
    using News = std::function<void(WorkObserver&)>;
    using Order = std::variant<TaskRequest, TaskToken, News>;  // start it, cancel it, tell it
    using Reply = std::function<void(const Error* failure)>;
    /// A decision and what it will write.
    struct Decided {
        core::Decision decision;
        std::string bytes;
        core::Changes changes;
    };

    void on(CreateWorkflow& message);
    void on(UpdateWorkflow& message);
    void on(DeleteWorkflow& message);
    void on(Start& message);
    void on(Stop& message);
    void on(Redrive& message);
    void on(Report& message);
    void on(WhenClosed& message);
    void on(Write& message);
    void on(Inspect& message);
    void on(Remove& message);
    void on(PutRows& message);
    void add_notices(std::vector<NoticeWrite>& notices);
    void pick_up_granted();
    Result<void> pick_up(const TaskToken& token);
    void restart_some_tasks();
    void fire_timers();

    Result<void> check_room() const;
    Result<void> check_pause(const StartRequest& request);
    void look_for_room();
    void carry_out_removals();
    Result<void> check_removal(const Removals& removals);
    void tell_notices();
    Result<Started> start(const StartRequest& request);
    Result<Started> begin(const StartRequest& request, LoadedVersionPtr version);
    Result<std::optional<Started>> started_by_claims(const StartRequest& request);
    Result<Started> started_before(ExecutionId id);
    Result<std::optional<Started>> existing(const StartRequest& request,
                                            const LoadedVersion& version);
    Result<Timestamp> stop(ExecutionId id, const core::StopExecution& how);
    Result<Redriven> redrive(const RedriveRequest& request);
    Result<Redriven> reopen(const RedriveRequest& request, const journal::ExecutionRecord& row,
                            const Rebuilt& rebuilt);
    Result<std::optional<Closed>> closed(ExecutionId id);

    /// Null where it is not open.
    Result<Slot*> open(ExecutionId id);
    Result<std::unique_ptr<Slot>> restored(journal::StoredExecution stored);
    void restart_tasks(Slot& slot);
    Result<void> decide(Slot& slot, const core::Input& input);
    Result<Decided> decided_safely(Slot& slot, const core::Input& input);
    void merge(Slot& slot, Decided&& decided);
    void merge_unstored(Slot& slot, core::Delta&& next);
    void store(Slot& slot);
    void quarantine(Slot& slot, const std::string& why);
    PendingWrite& pending_of(Slot& slot);
    void order(Slot& slot, const core::Command& command, bool is_restarted);
    TaskRequest request_of(const Slot& slot, const core::StartTask& command,
                           const core::Frame& frame) const;

    Result<void> commit();
    Result<void> timed_commit();
    Result<void> seal(Slot& slot);
    void seal_open(Slot& slot, PendingWrite& pending);
    void settle(Slot& slot);
    void settle_closed(Slot& slot);
    void rearm(Slot& slot);
    void rearm_unfruitful(Slot& slot);
    void carry_out();
    void carry_out(TaskRequest& request);
    void begin_log(const TaskRequest& request);
    void carry_out(const TaskToken& cancelled);
    void carry_out(const News& news);
    [[nodiscard]] std::vector<TaskToken> finished_by(const Slot& slot,
                                                     const core::Delta& next) const;
    Result<void> tell_new_versions();
    Result<void> tell_workflows();
    Result<void> visit_begun(const std::string& workflow, const journal::VisitBegun& visit);
    [[nodiscard]] core::Moment moment_of(const Slot& slot) const;
    [[nodiscard]] bool has_to_wait(const Slot& slot, const definition::State& state) const;
    void touch(Slot& slot);

    template <class T>
    void reply(Answer<T> answer, Result<T> result);
    /// Stops the turn: the journal cannot be read.
    void note(const Error& error);

    const EngineSettings& settings_;
    journal::Journal& journal_;
    Clock& clock_;
    Listeners& listeners_;
    TaskLogs& logs_;
    TaskRunner* runner_ = nullptr;
    std::vector<WorkObserver*> observers_;

    Catalog catalog_;
    ExecutionNames names_;
    ExecutionCache cache_;
    TimerQueue timers_;
    ExecutionId next_execution_{1};
    journal::ChunkId next_chunk_{1};
    std::unordered_set<ExecutionId> quarantined_;
    std::unordered_map<ExecutionId, std::vector<Answer<Closed>>> waiters_;
    /// Had tasks in flight when the last daemon ended, and were not looked at since.
    std::unordered_set<ExecutionId> to_restart_;
    std::vector<ExecutionId> restart_order_;  // oldest last
    std::vector<TaskToken> granted_;          // waited, and may be picked up in the next turn

    // Of the turn.
    Timestamp now_;
    journal::Batch batch_;
    std::size_t turn_bytes_ = 0;  // of the events that this turn has decided
    std::vector<Slot*> touched_;
    std::vector<Order> orders_;
    std::unordered_set<TaskToken> cancelled_;  // by orders_
    std::vector<std::string> changed_workflows_;
    std::vector<Reply> replies_;
    std::map<std::pair<WorkflowId, std::string>, ExecutionId> names_started_;
    Ledger ledger_;
    Episodes episodes_;
    RunRows run_rows_;
    std::optional<Error> trouble_;
    bool is_recording_ = false;  // somebody listens

    std::vector<Remove> removals_;
    Timestamp room_checked_at_{};
    std::atomic<bool> has_room_{true};
    std::atomic<std::uint64_t> turns_{0};
    std::atomic<std::uint64_t> decisions_{0};
    std::array<std::atomic<std::uint64_t>, kCommitBoundsMs.size() + 1> commits_{};
    std::atomic<std::uint64_t> commit_micros_{0};
    std::atomic<std::size_t> loaded_count_{0};
    std::atomic<std::size_t> timer_count_{0};
    std::atomic<std::size_t> quarantined_count_{0};
    std::atomic<std::size_t> open_count_{0};
    std::atomic<std::uint64_t> free_bytes_{0};
    std::atomic<std::int64_t> next_timer_ms_{-1};  // below 0: there is none
};

template <class T>
void Loop::reply(Answer<T> answer, Result<T> result) {
    if (!result) note(result.error());
    if (!answer) return;
    replies_.push_back(
        [answer = std::move(answer), result = std::move(result)](const Error* failure) {
            answer(failure ? Result<T>(stepwell::fail(*failure)) : result);
        });
}

}  // namespace stepwell::runtime
