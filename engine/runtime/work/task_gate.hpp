// The gate between the engine and the tasks: who may work now, and who waits.
//
// A task waits here for a place of its workflow (`concurrency`), then for a slot of its pool. One
// that waits has not started: it is granted, the engine makes its start durable, and hands it over
// again, picked up.
//
// Invariants:
//   (1) A run of a workflow with a limit takes a place before its first task begins, and holds it
//       until it ends, whatever it does in between. That it has begun is a fact of the journal:
//       a new life of the daemon is told so (has_begun()) before anything starts.
//   (2) A place is given while fewer than `concurrency` are held, to the oldest run that waits.
//   (3) A slot is given while fewer than `slots` are held, to the highest priority; among equals,
//   to
//       the task whose state was entered first. It is held until the task's end.
//   (4) What has begun is not stopped: a limit that is lowered or new, and a pool that has become
//       smaller, may be exceeded by those, and nothing more is given away until enough have ended.
// Tasks that start other workflows take no slot, as their children may need one.
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

    [[nodiscard]] bool has_to_wait(const TaskPlace& place) const override;
    std::vector<TaskToken> take_granted() override;
    void start(TaskRequest request) override;
    /// One that waits is forgotten: it never began.
    void cancel(const TaskToken& token) override;

    void finished(const TaskToken& token) override;
    void closed(ExecutionId id) override;
    void has_begun(ExecutionId id, const std::string& workflow, const std::string& name) override;
    void version_changed(const std::string& workflow, const std::string& settings) override;
    /// Places and slots are given away here: what one turn cancels does not begin first.
    void turn_over() override;

    std::vector<GatePool> pools() const override;
    GateRun run(ExecutionId id) const override;
    GateWorkflow workflow(const std::string& name) const override;

private:
    using Stage = GateTask::Stage;
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

    GateTask& add(const TaskRequest& request, const Workflow& workflow);
    void admit(const TaskRequest& request);
    void take_place(ExecutionId id, Run& run, Workflow& workflow);
    void to_pool(GateTask& task);
    void begin(GateTask& task);
    void grant(GateTask& task);
    void remove(const TaskToken& token);
    void fill(Workflow& workflow);
    void fill(Pool& pool);
    /// Empty where the task takes no slot.
    [[nodiscard]] std::string pool_of(const Workflow& workflow, const std::string& state,
                                      const std::string& resource) const;
    [[nodiscard]] GateTask view(const TaskToken& token) const;
    [[nodiscard]] GateHolder holder(ExecutionId id) const;
    [[nodiscard]] std::vector<std::string> unknown_pools(const Workflow& workflow) const;

    TaskRunner& next_;
    mutable std::mutex mutex_;
    std::unordered_map<TaskToken, GateTask> tasks_;
    std::unordered_map<ExecutionId, Run> runs_;  // with tasks, or a place of a limited workflow
    std::map<std::string, Workflow> workflows_;
    std::map<std::string, Pool> pools_;
    std::set<std::string> changed_workflows_;  // of this turn
    std::set<std::string> changed_pools_;
    std::vector<TaskToken> granted_;
};

}  // namespace stepwell::runtime
