#include "tasks/aws/aws_tasks.hpp"

#include <poll.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "tasks/aws/aws_settings.hpp"
#include "tasks/aws/worker.hpp"
#include "tasks/aws_shapes.hpp"
#include "tasks/function/function_pool.hpp"
#include "tasks/registry.hpp"

namespace stepwell::tasks {

namespace {

using std::chrono::milliseconds;

/// Before a resource that has a local form and is to go to AWS.
constexpr std::string_view kRemote = "aws:";
constexpr std::string_view kIntegration = "arn:aws:states:::";
constexpr std::string_view kFunction = "arn:aws:lambda:";
constexpr std::string_view kLambdaInvoke = "arn:aws:states:::lambda:invoke";
constexpr std::string_view kSnsPublish = "arn:aws:states:::sns:publish";
constexpr std::string_view kStepFunctions = "arn:aws:states:::aws-sdk:sfn:";
/// How long the answer to a stop is waited for: the host itself is not waited for much longer.
constexpr std::chrono::seconds kStopPatience{8};

/// Which action of which service, and how its end is awaited.
struct Integration {
    std::string service;  // "sqs", "aws-sdk:sqs"
    std::string action;
    bool is_job = false;
    bool is_function = false;  // a function's ARN: the input is the event, the result the payload
};

Integration read_integration(std::string_view resource) {
    if (resource.starts_with(kRemote)) resource.remove_prefix(kRemote.size());
    if (resource.starts_with(kFunction)) return {"lambda", "invoke", false, true};
    resource.remove_prefix(std::min(kIntegration.size(), resource.size()));
    const std::size_t dot = resource.find('.');
    const std::string_view pattern = dot == resource.npos ? "" : resource.substr(dot);
    const std::string_view name = resource.substr(0, dot);
    const std::size_t colon = name.rfind(':');
    if (colon == name.npos) return {std::string(name), "", false, false};
    return {std::string(name.substr(0, colon)), std::string(name.substr(colon + 1)),
            pattern.starts_with(".sync"), false};
}

/// How many calls may be under way at once in this host: each has a process.
class Places {
public:
    /// False where the attempt was cancelled before there was one.
    bool take(TaskContext& context, std::size_t all) {
        const auto guard = context.on_cancel([this] {
            const std::lock_guard lock(mutex_);
            changed_.notify_all();
        });
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return context.is_cancelled() || taken_ < all; });
        if (context.is_cancelled()) return false;
        ++taken_;
        return true;
    }
    /// For what has to be done in any case.
    void take() {
        const std::lock_guard lock(mutex_);
        ++taken_;
    }
    void give_back() {
        const std::lock_guard lock(mutex_);
        --taken_;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t taken_ = 0;
};

Places& places() {
    static auto* const all = new Places;
    return *all;
}

class Place {
public:
    Place() = default;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { places().give_back(); }
};

/// The host's pool lives as long as the host.
FunctionPool& aws_pool() {
    static auto* const instance = [] {
        auto* const made = new FunctionPool;
        made->keep_expiring();
        return made;
    }();
    return *instance;
}

TaskError cancelled() {
    return {"Stepwell.Cancelled", "the task was stopped"};
}

/// One attempt.
class AwsTask {
public:
    AwsTask(TaskContext& context, AwsSettings settings)
        : context_(context),
          settings_(std::move(settings)),
          integration_(read_integration(context.request().resource)) {}

    TaskText run() {
        stop_guard_ = context_.on_cancel([this] { stop_.ring(); });
        return integration_.is_job ? run_job() : call();
    }

private:
    [[nodiscard]] FunctionSpec spec() const {
        FunctionSpec spec;
        spec.name = "aws";
        spec.folder = "/";
        spec.program = settings_.python;
        spec.memory_bytes = context_.settings().child_memory_bytes;
        spec.script = kAwsWorker;
        return spec;
    }

    [[nodiscard]] std::string header(const char* deed) const {
        const runtime::TaskRequest& request = context_.request();
        // The same for the same attempt: what takes such a token does not begin twice.
        const std::string seed = request.run_key + ":" + std::to_string(request.token.attempt);
        return to_text(Json{{"deed", deed},
                            {"service", integration_.service},
                            {"action", integration_.action},
                            {"is_job", integration_.is_job},
                            {"is_function", integration_.is_function},
                            {"settings", settings_.worker},
                            {"seed", seed},
                            {"execution_arn", request.execution_arn},
                            {"workflow_arn", request.workflow_arn}});
    }

    TaskText converse(const char* deed, std::string_view body, const Bell& stop,
                      std::optional<std::chrono::steady_clock::time_point> deadline) {
        FunctionDialogue dialogue;
        dialogue.header = header(deed);
        dialogue.event = body;
        dialogue.stop = &stop;
        dialogue.deadline = deadline;
        dialogue.log = [this](std::string lines) { context_.log(std::move(lines)); };
        auto answer = aws_pool().call(spec(), dialogue);
        if (!answer) return fail(TaskError{"Stepwell.TaskCrashed", answer.error().message});
        switch (answer->kind) {
            case FunctionAnswer::Kind::result:
                return std::move(answer->text);
            case FunctionAnswer::Kind::error:
                return fail(TaskError{answer->error_type, std::move(answer->text)});
            case FunctionAnswer::Kind::stopped:
                return fail(cancelled());
            case FunctionAnswer::Kind::timed_out:
            case FunctionAnswer::Kind::too_large:
            case FunctionAnswer::Kind::exited:
            case FunctionAnswer::Kind::cut_off:
                break;
        }
        return fail(TaskError{"Stepwell.TaskCrashed",
                              "the process that asks AWS (" + settings_.python +
                                  ") ended without an answer; what it said is in the task's log"});
    }

    TaskText ask(const char* deed, std::string_view body) {
        if (!places().take(context_, static_cast<std::size_t>(settings_.workers))) {
            return fail(cancelled());
        }
        const Place place;
        return converse(deed, body, stop_, std::nullopt);
    }

    TaskText call() {
        const Payload& parameters = context_.request().parameters;
        if (!integration_.is_function) return ask("call", parameters.text());
        std::string_view name = context_.request().resource;
        if (name.starts_with(kRemote)) name.remove_prefix(kRemote.size());
        return ask("call", "{\"FunctionName\":" + to_text(Json(std::string(name))) +
                               ",\"Payload\":" + parameters.text() + "}");
    }

    /// What a look at the job and its stop are told.
    [[nodiscard]] std::string job_body(const std::string& submitted) const {
        return "{\"parameters\":" + context_.request().parameters.text() +
               ",\"submitted\":" + submitted + "}";
    }

    /// The job may be under way already, for an earlier daemon or another host.
    TaskText run_job() {
        std::string submitted;
        if (const auto& earlier = context_.request().submitted) {
            submitted = earlier->text();
        } else {
            submitted = SW_TRY(call());
            context_.submitted(Json::parse(submitted));
        }
        const std::string body = job_body(submitted);
        milliseconds pause = settings_.poll_interval / 8;
        while (true) {
            if (auto end = SW_TRY(look(body))) return std::move(*end);
            pause = std::min(pause * 2, settings_.poll_interval);
            pollfd bell{stop_.descriptor(), POLLIN, 0};
            ::poll(&bell, 1, static_cast<int>(pause.count()));
            if (!context_.is_cancelled()) continue;
            stop_job(body);
            return fail(cancelled());
        }
    }

    /// The job's output once it has succeeded; nothing while it goes on, or cannot be asked.
    Result<std::optional<std::string>, TaskError> look(const std::string& body) {
        TaskText text = ask("look", body);
        if (!text) {
            const std::string& error = text.error().error;
            if (context_.is_cancelled()) return std::optional<std::string>();
            if (!error.ends_with(".SdkClientException")) return fail(std::move(text).error());
            context_.log(error + ": " + text.error().cause + "; the job is asked for again");
            return std::optional<std::string>();
        }
        context_.heartbeat();
        const Json standing = Json::parse(*text);
        const std::string state = string_or(standing, "state", "");
        if (state == "failed") {
            return fail(TaskError{"States.TaskFailed", string_or(standing, "cause", "")});
        }
        if (state != "succeeded") return std::optional<std::string>();
        return std::optional<std::string>(to_text(standing["output"]));
    }

    /// As well as it goes: nobody waits for it.
    void stop_job(const std::string& body) {
        places().take();
        const Place place;
        const Bell never;
        const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
        const TaskText said = converse("stop", body, never, deadline);
        context_.log(said ? "the job was stopped"
                          : "the job could not be stopped: " + said.error().cause);
    }

    TaskContext& context_;
    const AwsSettings settings_;
    const Integration integration_;
    const Bell stop_;
    std::shared_ptr<void> stop_guard_;
};

TaskText run_aws(TaskContext& context) {
    const std::string region = split_arn(context.request().execution_arn).region;
    auto settings = SW_TRY(AwsSettings::read(context.settings().configuration, region));
    if (!settings) {
        return fail(TaskError{"Stepwell.AwsNotConfigured",
                              builtin_catalog().explain_missing(context.request().resource)});
    }
    return AwsTask(context, *std::move(settings)).run();
}

}  // namespace

AwsRemote::AwsRemote(const Json* section) {
    const Json* remote = section && section->is_object() ? find(*section, "remote") : nullptr;
    if (!remote) return;
    const auto names = [remote](const char* service) {
        return remote->is_array()
                   ? std::find(remote->begin(), remote->end(), service) != remote->end()
                   : *remote == service;
    };
    lambda_ = names("lambda");
    sns_ = names("sns");
    sfn_ = names("sfn");
}

std::string AwsRemote::routed(const std::string& resource) const {
    const bool is_lambda = resource.starts_with(kFunction) || resource.starts_with(kLambdaInvoke);
    const bool is_remote = (lambda_ && is_lambda) || (sns_ && resource.starts_with(kSnsPublish)) ||
                           (sfn_ && resource.starts_with(kStepFunctions));
    return is_remote ? std::string(kRemote) + resource : resource;
}

std::vector<TaskType> aws_tasks() {
    TaskType aws;
    aws.run_text = run_aws;
    aws.sections = {"aws", "http"};
    aws.resources = {std::string(kRemote) + "arn:*", std::string(kIntegration) + "*"};
    return {aws};
}

}  // namespace stepwell::tasks
