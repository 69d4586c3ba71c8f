// The gate between the engine and the tasks: who may work now, and who waits.
//
// A task waits here for a place of its workflow (`concurrency`), then for a slot of its pool.
//
// Invariants:
//   (1) At most `concurrency` runs of a workflow have tasks at work. A run holds its place from its
//       first task until it ends; the oldest run that waits gets the next one.
//   (2) At most `slots` tasks of a pool are at work. A free slot goes to the highest priority;
//       among equals, to the task whose state was entered first.
//   (3) Who holds what is the set of live tasks and runs, never a counter: a restart derives it
//       anew from the tasks that the engine starts again.
// Work that had been handed over before a restart goes through at once, also beyond a limit. Tasks
// that start other workflows take no slot, as their children may need one.
//
// Threads: orders and observations come from the engine's thread; views may be asked from any.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "engine/definition/operations.hpp"
#include "engine/runtime/gate_views.hpp"
#include "engine/runtime/task_runner.hpp"
#include "engine/runtime/work_observer.hpp"

namespace stepwell::runtime {

/// Slots by the pool's name.
using PoolSlots = std::map<std::string, std::uint32_t>;

class TaskGate final : public TaskRunner, public WorkObserver, public GateViews {
public:
    /// REQUIRES: `next` outlives it.
    TaskGate(const PoolSlots& pools, TaskRunner& next);

    void start(TaskRequest request) override;
    /// One that waits is forgotten: it never began.
    void cancel(const TaskToken& token) override;

    void finished(const TaskToken& token) override;
    void closed(ExecutionId id) override;
    void version_changed(const std::string& workflow, const std::string& settings) override;
    /// Places and slots are given away here: what one turn cancels does not begin first.
    void turn_over() override;

    std::vector<GatePool> pools() const override;
    GateRun run(ExecutionId id) const override;
    GateWorkflow workflow(const std::string& name) const override;

private:
    using Stage = GateTask::Stage;
    struct Task {
        GateTask about;
        TaskRequest request;  // moved away once it is at work
    };
    struct Run {
        std::string workflow;
        std::string name;
        bool has_place = false;
        std::set<TaskToken> tasks;
    };
    struct Workflow {
        definition::Operations operations;
        std::set<ExecutionId> places;
        std::set<ExecutionId> waiting;
        [[nodiscard]] bool has_room() const {
            return operations.concurrency == 0 || places.size() < operations.concurrency;
        }
    };
    using Turn = std::tuple<std::int32_t, Timestamp, TaskToken>;  // -priority, since, who
    struct Pool {
        std::uint32_t slots = 0;
        std::set<TaskToken> working;
        std::set<Turn> queue;
    };
    using Ready = std::vector<TaskRequest>;

    Task& add(TaskRequest&& request, const Workflow& workflow);
    void take_place(ExecutionId id, Run& run, Workflow& workflow);
    void to_pool(Task& task, Ready& ready);
    void begin(Task& task, Ready& ready);
    void remove(const TaskToken& token);
    void fill(Workflow& workflow, Ready& ready);
    void fill(Pool& pool, Ready& ready);
    void forward(Ready& ready);
    [[nodiscard]] GateTask view(const TaskToken& token) const;
    [[nodiscard]] GateHolder holder(ExecutionId id) const;
    [[nodiscard]] std::vector<std::string> unknown_pools(const Workflow& workflow) const;

    TaskRunner& next_;
    mutable std::mutex mutex_;
    std::unordered_map<TaskToken, Task> tasks_;
    std::unordered_map<ExecutionId, Run> runs_;  // with tasks, or a place of a limited workflow
    std::map<std::string, Workflow> workflows_;
    std::map<std::string, Pool> pools_;
    std::set<std::string> changed_workflows_;  // of this turn
    std::set<std::string> changed_pools_;
};

}  // namespace stepwell::runtime
