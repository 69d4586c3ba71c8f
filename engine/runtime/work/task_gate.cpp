#include "engine/runtime/work/task_gate.hpp"

#include <spdlog/spdlog.h>

#include <string_view>
#include <utility>

#include "engine/base/assert.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::string_view kStartsWorkflow = "arn:aws:states:::states:startExecution";

/// Whether it goes on and does not wait. What an older Stepwell wrote down as started may only have
/// waited.
bool is_at_work(const TaskRequest& request) {
    if (!request.is_picked_up) return false;
    return !request.is_restarted || request.has_begun || request.submitted;
}

}  // namespace

TaskGate::TaskGate(const PoolSlots& pools, TaskRunner& next) : next_(next) {
    for (const auto& [name, slots] : pools) pools_[name].slots = slots;
}

std::string TaskGate::pool_of(const Workflow& workflow, const std::string& state,
                              const std::string& resource) const {
    if (resource.starts_with(kStartsWorkflow)) return {};
    const std::string& pool = workflow.operations.pool_of(state);
    return pools_.contains(pool) ? pool : std::string();
}

bool TaskGate::has_to_wait(const TaskPlace& place) const {
    const std::lock_guard lock(mutex_);
    const auto workflow = workflows_.find(place.workflow);
    if (workflow == workflows_.end()) return false;
    if (!pool_of(workflow->second, place.state, place.resource).empty()) return true;
    if (workflow->second.operations.concurrency == 0) return false;
    const auto run = runs_.find(place.execution);
    return run == runs_.end() || !run->second.has_place;
}

void TaskGate::start(TaskRequest request) {
    {
        const std::lock_guard lock(mutex_);
        const bool is_granted = tasks_.contains(request.token);
        if (!is_granted) admit(request);
        if (!is_granted && !is_at_work(request)) return;
    }
    // Without the lock: a runner may report at once.
    next_.start(std::move(request));
}

void TaskGate::admit(const TaskRequest& request) {
    const ExecutionId id = request.token.execution;
    Workflow& workflow = workflows_[request.workflow_name];
    GateTask& task = add(request, workflow);
    Run& run = runs_.at(id);
    if (is_at_work(request)) {
        take_place(id, run, workflow);
        begin(task);
    } else if (run.has_place || workflow.operations.concurrency == 0) {
        to_pool(task);
    } else {
        workflow.waiting.insert(id);
        changed_workflows_.insert(task.workflow);
    }
}

GateTask& TaskGate::add(const TaskRequest& request, const Workflow& workflow) {
    Run& run = runs_[request.token.execution];
    run.workflow = request.workflow_name;
    run.name = request.execution_name;
    run.tasks.insert(request.token);
    GateTask& task = tasks_[request.token];
    task.token = request.token;
    task.workflow = request.workflow_name;
    task.run = request.execution_name;
    task.state = request.state_name;
    task.pool = pool_of(workflow, request.state_name, request.resource);
    task.priority = workflow.operations.priority;
    task.since = request.entered_at;
    task.stage = Stage::waiting_for_place;
    return task;
}

/// Where the workflow has no limit nobody counts, and a run is known by its tasks alone.
void TaskGate::take_place(ExecutionId id, Run& run, Workflow& workflow) {
    if (workflow.operations.concurrency == 0 || run.has_place) return;
    run.has_place = true;
    workflow.places.insert(id);
    workflow.waiting.erase(id);
}

void TaskGate::to_pool(GateTask& task) {
    const auto at = pools_.find(task.pool);
    if (at == pools_.end()) return grant(task);
    task.stage = Stage::waiting_for_slot;
    at->second.queue.emplace(-task.priority, task.since, task.token);
    changed_pools_.insert(at->first);
}

void TaskGate::grant(GateTask& task) {
    begin(task);
    granted_.push_back(task.token);
}

void TaskGate::begin(GateTask& task) {
    const Run& run = runs_.at(task.token.execution);
    SW_ASSERT(run.has_place || workflows_.at(task.workflow).operations.concurrency == 0);
    task.stage = Stage::working;
    const auto at = pools_.find(task.pool);
    if (at != pools_.end()) at->second.working.insert(task.token);
}

void TaskGate::remove(const TaskToken& token) {
    const auto at = tasks_.find(token);
    if (at == tasks_.end()) return;
    const GateTask about = std::move(at->second);
    tasks_.erase(at);
    const auto run = runs_.find(token.execution);
    run->second.tasks.erase(token);
    if (run->second.tasks.empty() && !run->second.has_place) {
        workflows_[about.workflow].waiting.erase(token.execution);
        runs_.erase(run);
    }
    if (const auto pool = pools_.find(about.pool); pool != pools_.end()) {
        pool->second.working.erase(token);
        pool->second.queue.erase({-about.priority, about.since, token});
        changed_pools_.insert(pool->first);
    }
}

void TaskGate::fill(Workflow& workflow) {
    while (!workflow.waiting.empty() && workflow.has_room()) {
        const ExecutionId id = *workflow.waiting.begin();
        workflow.waiting.erase(workflow.waiting.begin());
        Run& run = runs_.at(id);
        SW_ASSERT(!run.has_place);
        take_place(id, run, workflow);
        for (const TaskToken& token : run.tasks) {
            GateTask& task = tasks_.at(token);
            if (task.stage == Stage::waiting_for_place) to_pool(task);
        }
    }
}

void TaskGate::fill(Pool& pool) {
    while (!pool.queue.empty() && pool.working.size() < pool.slots) {
        const TaskToken token = std::get<TaskToken>(*pool.queue.begin());
        pool.queue.erase(pool.queue.begin());
        grant(tasks_.at(token));
        SW_ASSERT(pool.working.contains(token) && pool.working.size() <= pool.slots);
    }
}

void TaskGate::cancel(const TaskToken& token) {
    bool has_begun = true;
    {
        const std::lock_guard lock(mutex_);
        const auto at = tasks_.find(token);
        has_begun = at == tasks_.end() || at->second.stage == Stage::working;
        remove(token);
    }
    if (has_begun) next_.cancel(token);
}

void TaskGate::finished(const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    remove(token);
}

void TaskGate::closed(ExecutionId id) {
    const std::lock_guard lock(mutex_);
    const auto at = runs_.find(id);
    if (at == runs_.end()) return;
    const std::string name = at->second.workflow;
    Workflow& workflow = workflows_[name];
    at->second.has_place = true;  // so that it stays until its tasks are gone
    const std::set<TaskToken> left = at->second.tasks;
    for (const TaskToken& token : left) remove(token);
    runs_.erase(id);
    workflow.places.erase(id);
    workflow.waiting.erase(id);
    changed_workflows_.insert(name);
}

void TaskGate::has_begun(ExecutionId id, const std::string& workflow_name,
                         const std::string& name) {
    const std::lock_guard lock(mutex_);
    Workflow& workflow = workflows_[workflow_name];
    SW_ASSERT(workflow.operations.concurrency > 0);
    Run& run = runs_[id];
    run.workflow = workflow_name;
    run.name = name;
    take_place(id, run, workflow);
}

void TaskGate::version_changed(const std::string& name, const std::string& settings) {
    const std::lock_guard lock(mutex_);
    Workflow& workflow = workflows_[name];
    const bool was_limited = workflow.operations.concurrency > 0;
    workflow.operations = definition::operations_of(settings);
    for (const std::string& pool : unknown_pools(workflow)) {
        spdlog::warn(
            "workflow '{}' names the pool '{}', which the configuration does not have: it "
            "limits nothing",
            name, pool);
    }
    if (!was_limited && workflow.operations.concurrency > 0) {
        for (auto& [id, run] : runs_) {
            if (run.workflow == name) take_place(id, run, workflow);
        }
    }
    changed_workflows_.insert(name);
}

void TaskGate::turn_over() {
    const std::lock_guard lock(mutex_);
    for (const std::string& name : std::exchange(changed_workflows_, {})) {
        fill(workflows_.at(name));
    }
    for (const std::string& name : std::exchange(changed_pools_, {})) fill(pools_.at(name));
}

std::vector<TaskToken> TaskGate::take_granted() {
    const std::lock_guard lock(mutex_);
    return std::exchange(granted_, {});
}

std::vector<std::string> TaskGate::unknown_pools(const Workflow& workflow) const {
    std::set<std::string> names;
    for (const auto& [state, pool] : workflow.operations.pools) {
        if (!pools_.contains(pool)) names.insert(pool);
    }
    return {names.begin(), names.end()};
}

GateTask TaskGate::view(const TaskToken& token) const {
    return tasks_.at(token);
}

GateHolder TaskGate::holder(ExecutionId id) const {
    const auto run = runs_.find(id);
    return {id, run == runs_.end() ? std::string() : run->second.name};
}

std::vector<GatePool> TaskGate::pools() const {
    const std::lock_guard lock(mutex_);
    std::vector<GatePool> all;
    for (const auto& [name, pool] : pools_) {
        GatePool shown{name, pool.slots, {}, {}, pool.queue.size()};
        for (const TaskToken& token : pool.working) shown.working.push_back(view(token));
        for (const Turn& turn : pool.queue) {
            if (shown.waiting.size() == kGateListMax) break;
            shown.waiting.push_back(view(std::get<TaskToken>(turn)));
            shown.waiting.back().place = shown.waiting.size();
        }
        all.push_back(std::move(shown));
    }
    return all;
}

GateRun TaskGate::run(ExecutionId id) const {
    const std::lock_guard lock(mutex_);
    GateRun shown;
    const auto run = runs_.find(id);
    if (run == runs_.end()) return shown;
    shown.has_place = run->second.has_place;
    std::map<TaskToken, std::size_t> places;
    std::set<std::string> seen;
    for (const TaskToken& token : run->second.tasks) {
        const GateTask& about = tasks_.at(token);
        if (about.stage != Stage::waiting_for_slot || !seen.insert(about.pool).second) continue;
        std::size_t place = 0;
        for (const Turn& turn : pools_.at(about.pool).queue) {
            ++place;
            if (std::get<TaskToken>(turn).execution == id)
                places[std::get<TaskToken>(turn)] = place;
        }
    }
    const std::set<ExecutionId>& runs_before = workflows_.at(run->second.workflow).waiting;
    const auto own_turn = runs_before.find(id);
    const auto place_of_run =
        own_turn == runs_before.end()
            ? 0
            : static_cast<std::size_t>(std::distance(runs_before.begin(), own_turn)) + 1;
    for (const TaskToken& token : run->second.tasks) {
        shown.tasks.push_back(view(token));
        GateTask& task = shown.tasks.back();
        if (task.stage == Stage::waiting_for_place) task.place = place_of_run;
        if (task.stage == Stage::waiting_for_slot) task.place = places[token];
    }
    return shown;
}

GateWorkflow TaskGate::workflow(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    GateWorkflow shown;
    const auto at = workflows_.find(name);
    if (at == workflows_.end()) return shown;
    const Workflow& workflow = at->second;
    shown.concurrency = workflow.operations.concurrency;
    shown.priority = workflow.operations.priority;
    for (const ExecutionId id : workflow.places) shown.holders.push_back(holder(id));
    shown.waiting_count = workflow.waiting.size();
    shown.unknown_pools = unknown_pools(workflow);
    for (const ExecutionId id : workflow.waiting) {
        if (shown.waiting.size() == kGateListMax) break;
        shown.waiting.push_back(holder(id));
    }
    return shown;
}

}  // namespace stepwell::runtime
