// What whoever holds a task's token says of the task.
#include "api/aws/api.hpp"
#include "api/aws/failure_members.hpp"
#include "api/aws/json_fault.hpp"
#include "api/aws/members.hpp"

namespace stepwell::api::aws {
namespace {

constexpr Length kTaskTokenLength{1, 2'048};
constexpr Length kOutputLength{0, kPayloadBytesMax};

AwsError task_error(const Error& error) {
    switch (error.code) {
        case ErrorCode::conflict:
            return {"TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'", {}};
        case ErrorCode::not_found:
            return {"TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist'", {}};
        default:
            return internal_error(error);
    }
}

AwsResult<Payload> task_output(std::string text) {
    const std::string copy = text.size() < 1'000 ? text : text.substr(0, 1'000);
    auto payload = Payload::from_text(std::move(text));
    if (payload) return std::move(payload).value();
    return refuse_quoting("InvalidOutput", "Invalid Output", json_fault(copy));
}

}  // namespace

AwsResult<TaskToken> Api::task_token(std::string_view text) const {
    const auto token = engine_.task_token(text);
    if (token) return *token;
    return refuse_quoting("InvalidToken", "Invalid Token", "Invalid token");
}

void Api::answer_task(core::Input said, Reply reply) {
    engine_.answer_task(std::move(said), [reply = std::move(reply)](Result<void> heard) {
        reply(heard ? AwsResult<std::string>("{}") : fail(task_error(heard.error())));
    });
}

void Api::send_task_success(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("taskToken", kTaskTokenLength);
    std::string output = members.required_text("output", kOutputLength);
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto payload = task_output(std::move(output));
    if (!payload) return reply(fail(std::move(payload).error()));
    auto token = task_token(text);
    if (!token) return reply(fail(std::move(token).error()));
    answer_task(core::TaskSucceeded{*token, *std::move(payload)}, std::move(reply));
}

void Api::send_task_failure(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("taskToken", kTaskTokenLength);
    core::TaskFailed said;
    read_failure(members, said);
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto token = task_token(text);
    if (!token) return reply(fail(std::move(token).error()));
    said.token = *token;
    answer_task(std::move(said), std::move(reply));
}

void Api::send_task_heartbeat(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("taskToken", kTaskTokenLength);
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto token = task_token(text);
    if (!token) return reply(fail(std::move(token).error()));
    answer_task(core::TaskHeartbeat{*token}, std::move(reply));
}

}  // namespace stepwell::api::aws
