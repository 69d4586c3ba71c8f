#include "engine/runtime/work/nested_runner.hpp"

#include <array>
#include <ctime>
#include <utility>

#include "engine/base/digest.hpp"
#include "engine/base/uuid.hpp"
#include "engine/runtime/names.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::string_view kResource = "arn:aws:states:::states:startExecution";

enum class Pattern { request_response, sync, sync2, wait_for_task_token };

/// Nothing where the resource is not ours.
std::optional<Pattern> pattern_of(std::string_view resource) {
    if (!resource.starts_with(kResource)) return std::nullopt;
    resource.remove_prefix(kResource.size());
    if (resource.empty()) return Pattern::request_response;
    if (resource == ".sync") return Pattern::sync;
    if (resource == ".sync:2") return Pattern::sync2;
    if (resource == ".waitForTaskToken") return Pattern::wait_for_task_token;
    return std::nullopt;
}

/// The same for the same attempt, in every life of the daemon.
Prng generator_of(const TaskRequest& request) {
    const auto digest = digest_hex("SHA-256", request.run_key + "/" + request.token.text());
    return Prng(std::stoull(digest.value_or("0").substr(0, 16), nullptr, 16));
}

std::string http_date(Timestamp at) {
    const std::time_t seconds = static_cast<std::time_t>(to_ms(at) / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), size};
}

/// What the API call StartExecution answers, with the metadata that optimised integrations add.
Json started_document(const Started& started, const std::string& request_id) {
    Json document{{"ExecutionArn", started.arn}};
    const Json body{{"executionArn", started.arn},
                    {"startDate", to_epoch_seconds(started.started_at)}};
    const Json headers{{"x-amzn-RequestId", request_id},
                       {"connection", "keep-alive"},
                       {"Content-Length", std::to_string(to_text(body).size())},
                       {"Date", http_date(started.started_at)},
                       {"Content-Type", "application/x-amz-json-1.0"}};
    Json all = Json::object();
    for (const auto& [name, value] : headers.items()) all[name] = Json::array({value});
    document["SdkHttpMetadata"] = {
        {"AllHttpHeaders", std::move(all)}, {"HttpHeaders", headers}, {"HttpStatusCode", 200}};
    document["SdkResponseMetadata"] = {{"RequestId", request_id}};
    document["StartDate"] = to_epoch_seconds(started.started_at);
    return document;
}

/// DescribeExecution in PascalCase, with its keys in AWS's order.
Json described_document(const Closed& closed, bool is_parsed) {
    const auto document_of = [&](const Payload& payload) {
        return is_parsed ? payload.json() : Json(payload.text());
    };
    const Json included{{"Included", true}};
    Json document = Json::object();
    if (closed.cause) document["Cause"] = *closed.cause;
    if (closed.error) document["Error"] = *closed.error;
    document["ExecutionArn"] = closed.arn;
    document["Input"] = document_of(closed.input);
    document["InputDetails"] = included;
    document["Name"] = closed.name;
    if (closed.output) {
        document["Output"] = document_of(*closed.output);
        document["OutputDetails"] = included;
    }
    document["StartDate"] = to_ms(closed.started_at);
    document["StateMachineArn"] = closed.workflow_arn;
    document["Status"] = core::name_of(closed.status);
    document["StopDate"] = to_ms(closed.stopped_at);
    return document;
}

struct ApiError {
    std::string shape;
    std::string text;
};

std::string cause_of(const ApiError& error, const std::string& request_id) {
    return error.text +
           " (Service: AWSStepFunctions; Status Code: 400; Error Code: " + error.shape +
           "; Request ID: " + request_id + "; Proxy: null)";
}

ApiError api_error_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::not_found:
            return {"StateMachineDoesNotExist", error.message};
        case ErrorCode::conflict:
            return {"ExecutionAlreadyExists", error.message};
        case ErrorCode::invalid:
            return {"InvalidExecutionInput", error.message};
        default:
            return {"ServiceUnavailable", error.message};
    }
}

/// The start that the parameters ask for.
Result<StartRequest, ApiError> start_of(const TaskRequest& request) {
    const Json& parameters = request.parameters.json();
    StartRequest start;
    start.origin = "parent";
    const std::string arn = string_or(parameters, "StateMachineArn", "");
    const auto workflow = parse_workflow_arn(arn);
    if (!workflow)
        return fail(ApiError{"InvalidArn", "Invalid Arn: 'Invalid ARN prefix: " + arn + "'"});
    start.workflow = *workflow;
    if (const Json* input = find(parameters, "Input"); input && !input->is_null()) {
        if (input->is_string()) {
            auto payload = Payload::from_text(input->get<std::string>());
            if (!payload) {
                return fail(ApiError{
                    "InvalidExecutionInput",
                    "Invalid State Machine Execution Input: '" + payload.error().message + "'"});
            }
            start.input = std::move(payload).value();
        } else {
            start.input = Payload(*input);
        }
    }
    const std::string name = string_or(parameters, "Name", "");
    start.adopts_existing = name.empty() || request.is_restarted;
    Prng random = generator_of(request);
    start.name = name.empty() ? uuid4(random) : name;
    return start;
}

}  // namespace

struct NestedRunner::Shared : std::enable_shared_from_this<NestedRunner::Shared> {
    explicit Shared(Engine& own_engine) : engine(own_engine) {}

    struct Child {
        std::optional<ExecutionId> id;  // nothing: its start is not yet answered
        bool is_cancelled = false;
    };

    void fail_task(const TaskToken& token, const ApiError& error, const std::string& request_id) {
        forget(token);
        engine.failed(token, "StepFunctions." + error.shape + "Exception",
                      cause_of(error, request_id));
    }

    void started(const TaskToken& token, Pattern pattern, bool was_submitted,
                 const Started& started, const std::string& request_id) {
        const Payload document(started_document(started, request_id));
        if (pattern == Pattern::request_response) {
            forget(token);
            engine.succeeded(token, document);
            return;
        }
        if (!was_submitted) engine.submitted(token, document);
        if (pattern == Pattern::wait_for_task_token) return forget(token);
        if (!adopt(token, started.id)) return stop(started.id);
        engine.when_closed(started.id, [self = shared_from_this(), token, pattern](auto closed) {
            // Else the engine ends: the next one starts this attempt again.
            if (closed) return self->closed(token, pattern, *closed);
            if (closed.error().code == ErrorCode::corruption)
                self->put_aside(token, closed.error());
        });
    }

    void closed(const TaskToken& token, Pattern pattern, const Closed& child) {
        forget(token);
        if (child.status == core::Status::succeeded) {
            engine.succeeded(token, Payload(described_document(child, pattern == Pattern::sync2)));
        } else {
            engine.failed(token, "States.TaskFailed", to_text(described_document(child, false)));
        }
    }

    void put_aside(const TaskToken& token, const Error& why) {
        forget(token);
        engine.failed(token, "States.TaskFailed", why.message);
    }

    void stop(ExecutionId child) { engine.stop_execution(child, core::StopExecution{}, nullptr); }

    /// False where the attempt was cancelled in the meantime.
    bool adopt(const TaskToken& token, ExecutionId child) {
        const std::lock_guard lock(mutex);
        const auto at = children.find(token);
        if (at == children.end()) return true;
        if (at->second.is_cancelled) {
            children.erase(at);
            return false;
        }
        at->second.id = child;
        return true;
    }

    void forget(const TaskToken& token) {
        const std::lock_guard lock(mutex);
        children.erase(token);
    }

    Engine& engine;
    std::mutex mutex;
    std::map<TaskToken, Child> children;
};

NestedRunner::NestedRunner(Engine& engine, TaskRunner& others)
    : shared_(std::make_shared<Shared>(engine)), others_(others) {}

NestedRunner::~NestedRunner() = default;

void NestedRunner::start(TaskRequest request) {
    const auto pattern = pattern_of(request.resource);
    if (!pattern) return others_.start(std::move(request));
    Prng random = generator_of(request);
    random.next();
    const std::string request_id = uuid4(random);
    auto start = start_of(request);
    if (!start) return shared_->fail_task(request.token, start.error(), request_id);
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->children[request.token] = {};
    }
    shared_->engine.start_execution(
        *std::move(start), [shared = shared_, token = request.token, pattern = *pattern,
                            was_submitted = request.submitted.has_value(),
                            request_id](const Result<Started>& started) {
            if (!started) {
                shared->fail_task(token, api_error_of(started.error()), request_id);
            } else {
                shared->started(token, pattern, was_submitted, *started, request_id);
            }
        });
}

void NestedRunner::cancel(const TaskToken& token) {
    std::unique_lock lock(shared_->mutex);
    const auto at = shared_->children.find(token);
    if (at == shared_->children.end()) {
        lock.unlock();
        return others_.cancel(token);
    }
    if (!at->second.id) {
        at->second.is_cancelled = true;
        return;
    }
    const ExecutionId child = *at->second.id;
    shared_->children.erase(at);
    lock.unlock();
    shared_->stop(child);
}

}  // namespace stepwell::runtime
