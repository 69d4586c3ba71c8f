#include "tasks/binding/dispatcher.hpp"

#include <chrono>

#include "tasks/aws_shapes.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks {

namespace {

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_sync(std::string_view resource) {
    return ends_with(resource, ".sync") || ends_with(resource, ".sync:2");
}

bool waits_for_callback(std::string_view resource) {
    return ends_with(resource, ".waitForTaskToken");
}

bool is_service(std::string_view resource, std::string_view service) {
    const std::string prefix = "arn:aws:states:::" + std::string(service);
    return resource.substr(0, prefix.size()) == prefix;
}

void add_metadata(Json& result, std::size_t content_bytes) {
    HttpAnswer http;
    http.request_id = new_request_id();
    http.content_bytes = content_bytes;
    http.content_type = "application/x-amz-json-1.1";
    add_sdk_metadata(result, http);
}

/// What GetJobRun says of a run that succeeded.
Json job_run(const Json& input, const std::string& id, std::int64_t started_ms) {
    const std::int64_t now = wall_clock_ms();
    const Json* arguments = find(input, "Arguments");
    return {{"Arguments", arguments ? *arguments : Json::object()},
            {"Attempt", 0},
            {"CompletedOn", now},
            {"ExecutionTime", (now - started_ms) / 1000},
            {"Id", id},
            {"JobName", string_or(input, "JobName", "")},
            {"JobRunState", "SUCCEEDED"},
            {"LastModifiedOn", now},
            {"PredecessorRuns", Json::array()},
            {"StartedOn", started_ms}};
}

/// What the bound service would have answered.
Json default_answer(const std::string& resource, const Json& input, const Json& result,
                    const std::string& job_id, std::int64_t started_ms) {
    if (is_service(resource, "glue:startJobRun")) return job_run(input, job_id, started_ms);
    if (is_service(resource, "lambda:invoke")) {
        Json answer = {{"ExecutedVersion", "$LATEST"}, {"Payload", result}};
        add_metadata(answer, to_text(result).size());
        answer["StatusCode"] = 200;
        return answer;
    }
    if (is_service(resource, "sns:publish")) {
        Json answer = {{"MessageId", new_request_id()}};
        add_metadata(answer, to_text(answer).size());
        return answer;
    }
    return result;
}

}  // namespace

Dispatcher::Dispatcher(Bindings bindings, runtime::TaskSink& engine, AwsRemote remote)
    : bindings_(std::move(bindings)), remote_(remote), engine_(engine) {}

void Dispatcher::start(runtime::TaskRequest request) {
    const Binding* binding =
        bindings_.is_empty() ? nullptr : bindings_.find(request.resource, request.parameters);
    if (binding) {
        start_bound(std::move(request), *binding);
    } else {
        request.resource = remote_.routed(request.resource);
        runner_->start(std::move(request));
    }
}

void Dispatcher::start_bound(runtime::TaskRequest request, const Binding& binding) {
    const TaskToken token = request.token;
    Bound bound{&binding, request.resource, request.parameters, "jr_" + new_request_id(),
                wall_clock_ms()};
    if (binding.parameters) {
        auto parameters = evaluate_binding(*binding.parameters, request.parameters.json());
        if (!parameters) {
            engine_.failed(token, "Stepwell.BindingFailed",
                           binding.place + ".parameters: " + parameters.error().message);
            return;
        }
        request.parameters = Payload(std::move(*parameters));
    }
    request.resource = binding.task;
    // What an earlier daemon reported for it is ours, and says nothing to the task.
    const bool was_submitted = request.submitted.has_value();
    request.submitted.reset();
    if (is_sync(bound.resource) && !was_submitted) {
        Json output = {{"JobRunId", bound.job_id}};
        add_metadata(output, to_text(output).size());
        engine_.submitted(token, Payload(std::move(output)));
    }
    {
        const std::lock_guard lock(mutex_);
        bound_[token] = std::move(bound);
    }
    runner_->start(std::move(request));
}

void Dispatcher::cancel(const TaskToken& token) {
    if (!bindings_.is_empty()) take(token);
    runner_->cancel(token);
}

bool Dispatcher::is_bound(const TaskToken& token) {
    if (bindings_.is_empty()) return false;
    const std::lock_guard lock(mutex_);
    return bound_.count(token) != 0;
}

std::optional<Dispatcher::Bound> Dispatcher::take(const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    const auto found = bound_.find(token);
    if (found == bound_.end()) return std::nullopt;
    std::optional<Bound> bound = std::move(found->second);
    bound_.erase(found);
    return bound;
}

Result<Json> Dispatcher::answer(const Bound& bound, const Payload& output) {
    if (!bound.binding->result) {
        return default_answer(bound.resource, bound.input.json(), output.json(), bound.job_id,
                              bound.started_ms);
    }
    const Json data = {{"input", bound.input.json()}, {"result", output.json()}};
    return evaluate_binding(*bound.binding->result, data);
}

void Dispatcher::succeeded(const TaskToken& token, Payload output) {
    const std::optional<Bound> bound = bindings_.is_empty() ? std::nullopt : take(token);
    if (!bound) {
        engine_.succeeded(token, std::move(output));
        return;
    }
    auto result = answer(*bound, output);
    if (!result) {
        engine_.failed(token, "Stepwell.BindingFailed",
                       bound->binding->place + ".result: " + result.error().message);
    } else if (waits_for_callback(bound->resource)) {
        engine_.submitted(token, Payload(std::move(*result)));
    } else {
        engine_.succeeded(token, Payload(std::move(*result)));
    }
}

void Dispatcher::failed(const TaskToken& token, std::string error,
                        std::optional<std::string> cause) {
    if (!bindings_.is_empty()) take(token);
    engine_.failed(token, std::move(error), std::move(cause));
}

void Dispatcher::submitted(const TaskToken& token, Payload output) {
    // The history tells what the bound service would have answered, and nothing of the task.
    if (is_bound(token)) return;
    engine_.submitted(token, std::move(output));
}
void Dispatcher::heartbeat(const TaskToken& token) {
    engine_.heartbeat(token);
}
void Dispatcher::progress(const TaskToken& token, Json progress) {
    engine_.progress(token, std::move(progress));
}
void Dispatcher::log(const TaskToken& token, std::string line) {
    engine_.log(token, std::move(line));
}

}  // namespace stepwell::tasks
