// Activities between the gate and their workers: tasks that wait for a worker, and workers that
// wait for a task.
//
//   gate --start--> ActivityQueue --start--> the other runners (what is no activity)
//                        │
//   worker --wait--------┴--> Engine::pick_up --> give
//
// A task is taken out of the queue, its start is made durable, and then its worker gets it. A
// worker who is gone by then has it lost, as AWS does: the task's heartbeat or timeout ends it.
//
// Threads: complete.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/runtime/activity.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/task_runner.hpp"

namespace stepwell::runtime {

class ActivityQueue final : public TaskRunner, public ActivityWorkers {
public:
    /// REQUIRES: `next` outlives it.
    explicit ActivityQueue(TaskRunner& next) : next_(next) {}
    /// REQUIRES: called before anything else; the engine outlives every wait.
    void connect(Engine& engine) { engine_ = &engine; }

    [[nodiscard]] bool has_to_wait(const TaskPlace& place) const override {
        return next_.has_to_wait(place);
    }
    std::vector<TaskToken> take_granted() override { return next_.take_granted(); }
    void start(TaskRequest request) override;
    void cancel(const TaskToken& token) override;

    std::shared_ptr<void> wait(const std::string& activity, std::string worker, Give give) override;

    /// Tasks that wait for workers, of all activities.
    [[nodiscard]] std::size_t waiting_tasks() const;

private:
    struct Worker {
        std::string activity;
        std::string name;
        Give give;
        std::uint64_t number = 0;
    };
    using WorkerPtr = std::shared_ptr<Worker>;
    struct Activity {
        std::map<std::uint64_t, TaskToken> tasks;  // in the order in which they came
        std::map<std::uint64_t, std::weak_ptr<Worker>> workers;
        [[nodiscard]] bool is_empty() const { return tasks.empty() && workers.empty(); }
    };
    struct Place {
        std::string activity;
        std::uint64_t number = 0;
    };

    void put(const std::string& activity, std::uint64_t number, const TaskToken& token);
    /// Brings tasks and workers together, as long as there are both.
    void match(const std::string& activity);
    bool take_pair(const std::string& activity, TaskToken& token, WorkerPtr& worker);
    void hand_over(const TaskToken& token, const WorkerPtr& worker);
    void leave(const Worker& worker);

    TaskRunner& next_;
    Engine* engine_ = nullptr;
    mutable std::mutex mutex_;
    std::uint64_t next_number_ = 1;
    std::map<std::string, Activity> activities_;   // by ARN; those with anybody in them
    std::unordered_map<TaskToken, Place> places_;  // of the tasks that wait
};

}  // namespace stepwell::runtime
