// The loop: what the engine does in one turn, on one thread.
//
//   take what waits -> decide all of it -> ONE commit -> commands -> answers
//
// Decisions are merged into the executions in memory before the commit, so that several inputs of
// one execution share a batch. Nobody sees that: commands, answers and listeners wait for the
// commit.
//
// A turn has a share of work and of bytes (loop_share.cpp): what comes after that is spent waits
// for the next, so that whoever starts something is answered soon whatever others have asked for. A
// light turn does nothing but answer.
//
// What becomes of the turn where it fails:
//
//   nothing written   the turn waits as it is, and is committed again later (a stall)
//   refused           all of it is forgotten (abandon()); then each message has a turn of its own,
//                     so that only the one that was wrong is told so
//   fenced, unknown   everything in memory is thrown away (fail())
//
// Threads: the engine's only.
#pragma once

#include <atomic>
#include <deque>
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
#include "engine/runtime/loop/child_starts.hpp"
#include "engine/runtime/loop/engine_time.hpp"
#include "engine/runtime/loop/episodes.hpp"
#include "engine/runtime/loop/execution_cache.hpp"
#include "engine/runtime/loop/inbox.hpp"
#include "engine/runtime/loop/ledger.hpp"
#include "engine/runtime/loop/map_runs.hpp"
#include "engine/runtime/loop/poison_guard.hpp"
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
    /// failed, and everything that waited has been told so. REQUIRES: there are no messages, unless
    /// takes_messages().
    Result<void> turn(std::vector<Message>& messages);
    /// False while an earlier turn is not over.
    [[nodiscard]] bool takes_messages() const { return !is_stalled_ && alone_.empty(); }
    /// Messages that wait in the loop for a turn that has a share left. While there are any, no
    /// reports are to be given to turn(): they would overtake.
    [[nodiscard]] std::size_t put_off_count() const { return put_off_.size(); }
    /// The journal takes no writes for the moment. From any thread.
    [[nodiscard]] bool is_stalled() const { return is_stalled_; }
    /// Answers everything with `error` from now on.
    void fail(const Error& error);

    /// When there will be something to do without a message, by the clock; a time in the past means
    /// at once.
    [[nodiscard]] std::optional<Timestamp> next_due();
    [[nodiscard]] Engine::Statistics statistics() const;

private:
    using News = std::function<void(WorkObserver&)>;
    using Order = std::variant<TaskRequest, TaskToken, News>;  // start it, cancel it, tell it
    using Reply = std::function<void(const Error* failure)>;
    struct Ended {  // an execution that somebody waits for
        ExecutionId id{};
    };
    struct PutAside {  // an execution that somebody may wait for
        ExecutionId id{};
    };
    /// What an execution does to another one, in the same transaction.
    using Effect =
        std::variant<core::StopChild, core::ChildClosed, core::TaskFailed, Ended, PutAside,
                     core::StartMapRun, core::StopMapRun, core::RedriveMapRun, core::MapRunClosed>;
    /// A decision and what it will write.
    struct Decided {
        core::Decision decision;
        std::string bytes;
        core::Changes changes;
    };

    void on(const CreateWorkflow& message);
    void on(const UpdateWorkflow& message);
    void on(const DeleteWorkflow& message);
    void on(const Start& message);
    void on(const Stop& message);
    void on(const Redrive& message);
    void on(const Report& message);
    void on(const PickUp& message);
    void on(const WhenClosed& message);
    void on(const Write& message);
    void on(const Inspect& message);
    void on(const Remove& message);
    void on(const PutRows& message);
    void on(const ChangeDocuments& message);
    Result<WorkflowStatus> with_change(Result<WorkflowStatus> status, const WorkflowChange& beside);
    Result<void> write(const Writes& writes);
    Result<void> remove_published(const std::string& workflow);
    Result<StartRequest> resolved(const StartRequest& request);
    void on(const ChangeMapRun& message);
    void pick_up_granted();
    Result<void> pick_up(const TaskToken& token);
    void apply_effects();
    Result<void> apply_next_effect();
    Result<void> apply(const core::StopChild& stop);
    Result<void> apply(const core::ChildClosed& closed);
    Result<void> apply(const core::TaskFailed& put_aside);
    Result<void> apply(const Ended& ended);
    Result<void> apply(const PutAside& put_aside);
    Result<void> apply(const core::StartMapRun& start);
    Result<void> apply(const core::StopMapRun& stop);
    Result<void> apply(const core::RedriveMapRun& redrive);
    Result<void> apply(const core::MapRunClosed& closed);
    [[nodiscard]] bool may_step_map_run(std::size_t steps) const;
    Result<void> step_map_run();
    Result<void> close_map_run(OpenMapRun& open);
    Result<void> stop_next_of(OpenMapRun& open);
    Result<void> begin_next_of(OpenMapRun& open);
    Result<void> begin_item_of(OpenMapRun& open, Slot& parent, const core::Frame& frame,
                               core::ItemInputs& inputs);
    Result<void> gather_next_of(OpenMapRun& open, Slot& parent, const core::Frame& frame,
                                core::ItemInputs& inputs);
    Result<void> fail_map_run(OpenMapRun& open, const core::ErrorInfo& why);
    /// Of a Map Run: an item that was not passed yet, and where it is.
    struct NextItem {
        const Json* value = nullptr;  // in the frame; null: it is `own`
        Json own;
        std::uint64_t bytes = 0;  // of what was read
        [[nodiscard]] const Json& json() const { return value ? *value : own; }
    };
    Result<std::string_view> item_line(OpenMapRun& open, std::uint64_t at);
    Result<NextItem> next_item(OpenMapRun& open, const core::Frame& frame);
    Result<void> see_to_map_task(OpenMapRun& open);
    Result<TaskRequest> map_task_request(const core::MapRun& run);
    Result<void> order_map_task(OpenMapRun& open);
    OpenMapRun* with_task(const core::Input& input);
    Result<void> hear_map_task(OpenMapRun& open, const core::Input& input);
    void end_reading(OpenMapRun& open, const Json& told);
    Result<void> begin_writing(OpenMapRun& open);
    Result<bool> gather_results(OpenMapRun& open);
    Result<void> ask_for_rows(OpenMapRun& open);
    Result<bool> gather_row(OpenMapRun& open);
    Result<bool> gather_pending(OpenMapRun& open);
    std::string result_text(const OpenMapRun& open, const Slot& child) const;
    std::uint64_t items_of(const OpenMapRun& open, ExecutionId child);
    Result<void> redrive_next_of(OpenMapRun& open);
    Result<void> look_for_failed(OpenMapRun& open);
    /// What an execution has taken of the items, by number and of what was read.
    struct Passed {
        std::uint64_t items = 0;
        std::uint64_t bytes = 0;
    };
    Result<void> begin_child_of(OpenMapRun& open, Slot& parent, Payload input,
                                const Passed& passed);
    void await_child_of(OpenMapRun& open, Slot& child);
    void end_child_of(OpenMapRun& open, const Slot& child);
    void put_child_aside(OpenMapRun& open, ExecutionId child);
    Result<void> tell_parent(const TaskToken& attempt, core::Input input);
    Result<std::vector<TaskToken>> waiting_for(ExecutionId child);
    [[nodiscard]] bool may_start_child(std::size_t started) const;
    Result<void> start_child(const ChildStart& order);
    Result<void> begin_child(Slot& parent, const core::StartChild& order, bool is_restarted);
    Result<bool> is_unlinked(const StartRequest& child);
    Result<void> wait_again(Slot& parent, const core::StartChild& order);
    Result<void> await_child(const journal::ParentLink& link, ExecutionId child);
    Result<void> adopt(Slot& child, const journal::ParentLink& link);
    Result<std::optional<ExecutionId>> child_of(const core::StopChild& stop);
    Result<std::optional<ExecutionId>> started_as(const Payload& submitted);
    Result<void> check_runner(const Slot& slot, const core::Input& input) const;
    Result<Slot*> open_for_outsider(ExecutionId id);
    Result<void> hear_outsider(const Report& report);
    Result<Payload> pick_up(const PickUp& message);
    [[nodiscard]] bool has_activity(const std::string& arn);
    [[nodiscard]] std::optional<core::StartChild> child_order(const Slot& slot,
                                                              const TaskToken& token) const;
    void add_notices(const std::vector<NoticeWrite>& notices);
    void restart_some_tasks();
    void fire_timers();

    void look_who_waits();
    void take_parts();
    void take_put_off();
    void hear();
    void put_off_from(std::size_t first);
    void charge(const Decided& decided);
    [[nodiscard]] bool is_share_spent() const;
    [[nodiscard]] bool is_beyond_share() const;
    [[nodiscard]] bool is_cut(const core::Input& input) const;
    [[nodiscard]] core::Limits limits_left(const core::Input& input) const;

    Result<void> check_room() const;
    Result<void> check_pause(const StartRequest& request);
    void look_for_room();
    void carry_out_removals();
    Result<void> check_removal(const Removals& removals);
    void tell_notices();
    Result<Started> start(const StartRequest& request);
    Result<Started> begin(const StartRequest& request, LoadedVersionPtr version);
    Result<std::optional<Started>> started_by_claims(const StartRequest& request);
    Result<void> check_same_start(ExecutionId id, const StartRequest& request);
    Result<Started> started_before(ExecutionId id);
    Result<std::optional<journal::ExecutionRecord>> holder_of(WorkflowId workflow,
                                                              const std::string& name);
    Result<std::optional<Started>> existing(const StartRequest& request,
                                            const LoadedVersion& version);
    Result<Timestamp> stop(ExecutionId id, const core::StopExecution& how);
    Result<Redriven> redrive(const RedriveRequest& request);
    Result<Redriven> reopen(const RedriveRequest& request, const journal::ExecutionRecord& row,
                            const Rebuilt& rebuilt);
    Result<Slot*> open_again(const journal::ExecutionRecord& row, const Rebuilt& rebuilt,
                             LoadedVersionPtr version, const std::string& client_token);
    Result<std::optional<Closed>> closed(ExecutionId id);

    /// Null where it is not open.
    Result<Slot*> open(ExecutionId id);
    Result<std::unique_ptr<Slot>> load(ExecutionId id);
    Result<void> put_poisonous_aside();
    void put_aside(ExecutionId id, const Error& why);
    void tell_put_aside();
    Result<void> put_poisonous_versions_aside();
    static Failure<Error> put_aside_error(ExecutionId id);
    static Failure<Error> poisonous_error(const LoadedVersion& version);
    static std::string place_of(ExecutionId id);
    void forget_put_aside(ExecutionId id);
    bool drop_undecided(Slot& slot);
    Result<Timestamp> abort_by_record(ExecutionId id, const core::StopExecution& how);
    void settle_aborted(ExecutionId id);
    Result<std::unique_ptr<Slot>> restored(journal::StoredExecution stored);
    void restart_tasks(Slot& slot);
    void restart_child(Slot& slot, const core::StartChild& child);
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

    void begin_turn();
    Result<void> end_turn();
    /// Of the batch that is sealed.
    Result<void> finish();
    Result<void, journal::CommitError> timed_commit();
    void stall(const Error& why);
    void end_stall();
    Result<void> refused(const Error& why);
    Result<void> abandon();
    Result<void> settle_all();
    [[nodiscard]] std::string run_key_of(const core::Execution& execution,
                                         const core::Frame& frame) const;

    Result<void> seal(Slot& slot);
    void seal_open(Slot& slot, PendingWrite& pending);
    void remove_some_payloads(Slot& slot);
    void sweep();
    Result<void> look_for_leftovers();
    void settle(Slot& slot);
    void settle_closed(Slot& slot);
    void rearm(Slot& slot);
    void rearm_unfruitful(Slot& slot);
    void carry_out();
    void carry_out(TaskRequest& request);
    void begin_log(const TaskRequest& request);
    std::string path_of(const TaskToken& task);
    void carry_out(const TaskToken& cancelled);
    void carry_out(const News& news);
    [[nodiscard]] std::vector<TaskToken> finished_by(const Slot& slot,
                                                     const core::Delta& next) const;
    Result<void> tell_new_versions();
    Result<void> tell_workflows();
    Result<void> visit_begun(const std::string& workflow, const journal::VisitBegun& visit);
    [[nodiscard]] core::Moment moment_of(const Slot& slot, const core::Input& input);
    [[nodiscard]] bool has_to_wait(const Slot& slot, const definition::State& state) const;
    void touch(Slot& slot);

    /// Answers with the end of the turn. REQUIRES: the answer is in `messages_`.
    template <class T>
    void reply(const Answer<T>& answer, Result<T> result);
    /// Likewise, an answer that waited.
    void reply_late(Answer<Closed> answer, Result<Closed> result);
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
    std::vector<ExecutionId> newly_quarantined_;  // nobody has been told
    std::unordered_map<ExecutionId, std::vector<Answer<Closed>>> waiters_;
    /// Had tasks in flight when the last daemon ended, and were not looked at since.
    std::unordered_set<ExecutionId> to_restart_;
    std::vector<ExecutionId> restart_order_;  // oldest last
    ChildStarts child_starts_;
    MapRuns map_runs_;
    std::vector<TaskToken> granted_;  // waited, and may be picked up in the next turn
    /// Of a turn that was refused; their heartbeat clocks begin anew when they are loaded.
    std::unordered_set<ExecutionId> heartbeats_lost_;

    /// Of a turn that was refused: each has one of its own.
    std::deque<Message> alone_;
    /// Of turns whose share was spent, in the order in which they came.
    std::vector<Message> put_off_;
    bool do_timers_go_first_ = false;  // they were cut, as messages had the turn's share
    bool was_long_ = false;            // the last turn
    bool has_leftovers_ = false;       // the journal, of executions that have ended
    bool has_graves_ = false;          // the cache

    EngineTime time_;
    PoisonGuard guard_;
    std::unordered_set<ExecutionId> poisonous_;         // not even loaded
    std::unordered_set<VersionId> poisonous_versions_;  // not started

    // Of the turn.
    Timestamp now_;
    std::string now_text_;  // ISO 8601; empty: nobody has asked for it
    /// Answers among `replies_` are in here until they are given.
    std::vector<Message> messages_;
    std::vector<TaskToken> granted_before_;
    bool is_alone_ = false;  // the turn is one message from `alone_`
    bool is_light_ = false;  // it has no share, and only answers
    bool is_long_ = false;   // what it has decided went beyond its share
    ExecutionId first_execution_{1};
    journal::ChunkId first_chunk_{1};
    journal::Batch batch_;
    std::size_t turn_bytes_ = 0;   // of the events and records that this turn has decided
    std::uint64_t turn_work_ = 0;  // likewise, in units of base/work.hpp
    std::vector<Slot*> touched_;
    std::vector<Order> orders_;
    std::unordered_set<TaskToken> cancelled_;  // by orders_
    std::vector<std::string> changed_workflows_;
    std::deque<Effect> effects_;
    std::size_t put_aside_heard_ = 0;           // of newly_quarantined_: are among the effects
    std::map<TaskToken, ExecutionId> awaited_;  // who waits for whom, since this turn
    std::vector<Reply> replies_;
    std::map<std::pair<WorkflowId, std::string>, ExecutionId> names_started_;
    Ledger ledger_;
    Episodes episodes_;
    RunRows run_rows_;
    std::vector<std::pair<ExecutionId, Answer<Closed>>> new_waiters_;
    std::vector<ExecutionId> restarted_;
    std::vector<ExecutionId> aborted_;     // by record
    std::vector<const Remove*> removals_;  // in messages_
    std::optional<Error> trouble_;
    std::optional<Error> unreadable_;  // for the moment: the turn is to be tried again
    bool is_recording_ = false;        // somebody listens

    /// While the journal takes no writes; the turn is sealed and waits.
    struct Stall {
        Duration since;  // by the steady clock, as the others
        Duration pause;
        Duration retry_at;
    };
    std::optional<Stall> stall_;
    std::atomic<bool> is_stalled_{false};
    const journal::Lease lease_;
    std::optional<Duration> room_checked_at_;  // by the steady clock
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
void Loop::reply(const Answer<T>& answer, Result<T> result) {
    if (!result) note(result.error());
    if (!answer) return;
    replies_.push_back([&answer, result = std::move(result)](const Error* failure) mutable {
        answer(failure ? Result<T>(stepwell::fail(*failure)) : std::move(result));
    });
}

}  // namespace stepwell::runtime
