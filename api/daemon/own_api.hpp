// aws-sdk:sfn: tasks that call Step Functions, which is what this daemon is. They go to its own
// API, with the names and texts that the generic integration has for them.
//
//   engine --> SecretRunner --> Dispatcher --> OwnApi --> HostRunner
//
// Who may write a workflow may use all of it but GetActivityTask, which is for workers elsewhere. A
// call that was under way when the daemon was killed is made again.
//
// Threads: complete. Calls are made by a thread of its own, one after another.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "api/aws/api.hpp"
#include "engine/runtime/task_runner.hpp"

namespace stepwell::api {

class OwnApi final : public runtime::TaskRunner {
public:
    /// `is_there`: whether use() will come; if not, everything is passed on. REQUIRES: `sink`
    /// outlives it.
    OwnApi(bool is_there, runtime::TaskSink& sink) : is_there_(is_there), sink_(sink) {}
    /// Closes.
    ~OwnApi() override { close(); }

    /// Who does all other tasks. REQUIRES: called before the first start().
    void forward_to(runtime::TaskRunner& next) { next_ = &next; }
    /// Who answers; what has come until now waited for it. REQUIRES: called once; it outlives
    /// close() and every answer that was asked for.
    void use(aws::Api& api);
    /// Nothing is called any more.
    void close();

    void start(runtime::TaskRequest request) override;
    void cancel(const TaskToken& token) override { next_->cancel(token); }

private:
    void work(aws::Api& api);
    void call(aws::Api& api, const runtime::TaskRequest& request);

    const bool is_there_;
    runtime::TaskSink& sink_;
    runtime::TaskRunner* next_ = nullptr;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<runtime::TaskRequest> waiting_;
    bool is_closed_ = false;
    std::thread worker_;
};

/// Between the members of the API ("startDate": 1700000000.5) and those of the generic integration
/// ("StartDate": "2023-11-14T22:13:20.500Z"). What the API has as a text may be given as JSON.
Json to_api_members(const Json& parameters);
Json to_sdk_members(const Json& answer);

}  // namespace stepwell::api
