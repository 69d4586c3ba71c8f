// Puts the values of secrets into a task's parameters, as the last thing before it leaves for a
// task host: what the engine journals has the references only.
//
//   engine --start--> SecretRunner --start--> Dispatcher --> HostRunner
//
// Likewise the signed links that a task's parameters ask for: of the attempt that is about to
// begin.
//
// Only strings that stand in the definition are looked at (TaskRequest::secret_places); a reference
// that came with the data of a run stays a text. A secret that is not there fails the attempt with
// Stepwell.SecretUnavailable.
//
// Threads: complete; calls pass through in the caller's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/secrets/secret_store.hpp"
#include "engine/runtime/task_runner.hpp"

namespace stepwell::api {

class SecretRunner final : public runtime::TaskRunner {
public:
    /// A link to the callback of an attempt, for a scope as a workflow writes it.
    using MakeLink =
        std::function<Result<std::string>(const TaskToken& token, std::string_view scope)>;
    /// REQUIRES: all outlive it.
    SecretRunner(SecretStore& secrets, MakeLink make_link, runtime::TaskRunner& next,
                 runtime::TaskSink& engine)
        : secrets_(secrets), make_link_(std::move(make_link)), next_(next), engine_(engine) {}

    void start(runtime::TaskRequest request) override;
    void cancel(const TaskToken& token) override { next_.cancel(token); }

private:
    Result<void> fill_in(runtime::TaskRequest& request);
    Result<Json> filled(const Json& text, runtime::TaskRequest& request);

    SecretStore& secrets_;
    const MakeLink make_link_;
    runtime::TaskRunner& next_;
    runtime::TaskSink& engine_;
};

}  // namespace stepwell::api
