#include "tasks/aws/aws_client.hpp"

#include <cstdio>

#include "tasks/aws/aws_settings.hpp"
#include "tasks/aws/worker.hpp"

namespace stepwell::tasks {

namespace {

Json with_timeout(Json where) {
    where["timeout_ms"] = kAwsTimeoutMs;
    return where;
}

}  // namespace

AwsClient::AwsClient(Json where, std::string python)
    : where_(with_timeout(std::move(where))), python_(std::move(python)) {}

TaskResult AwsClient::call(const std::string& service, const std::string& action,
                           const Json& parameters) {
    FunctionSpec spec;
    spec.name = "aws";
    spec.folder = "/";
    spec.program = python_;
    spec.script = kAwsWorker;
    const Bell never;
    const std::string event = to_text(parameters);
    FunctionDialogue dialogue;
    dialogue.header = to_text(Json{{"deed", "call"},
                                   {"service", "aws-sdk:" + service},
                                   {"action", action},
                                   {"is_job", false},
                                   {"is_function", false},
                                   {"settings", where_},
                                   {"seed", nullptr},
                                   {"execution_arn", ""},
                                   {"workflow_arn", ""}});
    dialogue.event = event;
    dialogue.stop = &never;
    dialogue.log = [](const std::string& lines) { std::fprintf(stderr, "%s\n", lines.c_str()); };
    auto answer = pool_.call(spec, dialogue);
    if (!answer) return fail(TaskError{"Stepwell.TaskCrashed", answer.error().message});
    if (answer->kind == FunctionAnswer::Kind::result) return Json::parse(answer->text);
    if (answer->kind == FunctionAnswer::Kind::error) {
        return fail(TaskError{answer->error_type, std::move(answer->text)});
    }
    return fail(
        TaskError{"Stepwell.TaskCrashed", python_ + ", which asks AWS, ended without an answer"});
}

}  // namespace stepwell::tasks
