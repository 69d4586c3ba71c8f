// Runs arn:aws:states:::states:startExecution, .sync and .sync:2 on the engine itself; hands every
// other task on to the runner that it wraps.
//
// A re-issued attempt (a restart of the daemon) finds the execution that it had started: without a
// Name the child's name is made of the attempt's token.
//
// Threads: as TaskRunner says; answers come on the engine's thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/task_runner.hpp"

namespace stepwell::runtime {

class NestedRunner final : public TaskRunner {
public:
    /// REQUIRES: both outlive it.
    NestedRunner(Engine& engine, TaskRunner& others);
    ~NestedRunner() override;

    void start(TaskRequest request) override;
    /// Of a `.sync` task: stops the child.
    void cancel(const TaskToken& token) override;

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
    TaskRunner& others_;
};

}  // namespace stepwell::runtime
