// The door between the engine and the task hosts: puts local tasks in the place of bound resources,
// on the way out, and the answers that the workflow expects, on the way back.
//
//   engine --start--> Dispatcher --start--> HostRunner
//   engine <-report-- Dispatcher <-report-- HostRunner
//
// A bound `.sync` resource reports that it was submitted, as the service would, before it starts.
// Failures of a bound task keep their own names. A template that cannot be evaluated fails the
// attempt with Stepwell.BindingFailed.
//
// Threads: complete; calls pass through in the caller's thread.
#pragma once

#include <mutex>
#include <unordered_map>

#include "engine/runtime/task_runner.hpp"
#include "tasks/aws/aws_tasks.hpp"
#include "tasks/binding/bindings.hpp"

namespace stepwell::tasks {

class Dispatcher final : public runtime::TaskRunner, public runtime::TaskSink {
public:
    /// REQUIRES: the engine outlives it.
    Dispatcher(Bindings bindings, runtime::TaskSink& engine, AwsRemote remote = {});

    /// Who runs tasks; its sink is this dispatcher. REQUIRES: called before the first start();
    /// `runner` reports nothing after this dispatcher is gone.
    void forward_to(runtime::TaskRunner& runner) { runner_ = &runner; }

    void start(runtime::TaskRequest request) override;
    void cancel(const TaskToken& token) override;

    void submitted(const TaskToken& token, Payload output) override;
    void heartbeat(const TaskToken& token) override;
    void succeeded(const TaskToken& token, Payload output) override;
    void failed(const TaskToken& token, std::string error,
                std::optional<std::string> cause) override;
    void progress(const TaskToken& token, Json progress) override;
    void log(const TaskToken& token, std::string line) override;

private:
    /// A bound attempt: what is needed to answer in the bound service's place.
    struct Bound {
        const Binding* binding = nullptr;
        std::string resource;
        Payload input;
        std::string job_id;
        std::int64_t started_ms = 0;
    };
    void start_bound(runtime::TaskRequest request, const Binding& binding);
    bool is_bound(const TaskToken& token);
    std::optional<Bound> take(const TaskToken& token);
    static Result<Json> answer(const Bound& bound, const Payload& output);

    const Bindings bindings_;
    const AwsRemote remote_;
    runtime::TaskSink& engine_;
    runtime::TaskRunner* runner_ = nullptr;
    std::mutex mutex_;
    std::unordered_map<TaskToken, Bound> bound_;
};

}  // namespace stepwell::tasks
