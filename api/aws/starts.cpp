// The actions that start executions.
#include "api/aws/starts.hpp"

#include <algorithm>

#include "api/aws/api.hpp"
#include "api/aws/json_fault.hpp"
#include "api/aws/members.hpp"

namespace stepwell::api::aws {
namespace {

constexpr Length kPayloadLength{0, kPayloadBytesMax};
constexpr std::int64_t kBilledStepMs = 100;
constexpr int kBilledMegabytes = 64;

/// By hand: this is the answer that is given most often. ARNs hold nothing that JSON escapes.
std::string started_text(const runtime::Started& started) {
    std::string out = R"({"executionArn":")";
    out.reserve(started.arn.size() + 64);
    out += started.arn;
    out += R"(","startDate":)";
    out += time_text(started.started_at);
    out += '}';
    return out;
}

AwsError start_error(const Error& error, const std::string& machine_arn) {
    switch (error.code) {
        case ErrorCode::not_found:
            return {"StateMachineDoesNotExist",
                    "State Machine Does Not Exist: '" + machine_arn + "'",
                    {}};
        case ErrorCode::conflict:
            return {"ExecutionAlreadyExists", error.message, {}};
        default:
            return internal_error(error);
    }
}

/// A synchronous execution has ended well, badly, or too late: there is no fourth.
const char* sync_status_of(core::Status status) {
    return status == core::Status::aborted ? "FAILED" : core::name_of(status);
}

/// AWS bills in steps of 100 ms, and one at least.
Json billing_of(const runtime::Closed& closed) {
    const std::int64_t took = to_ms(closed.stopped_at) - to_ms(closed.started_at);
    const std::int64_t steps =
        std::max<std::int64_t>(1, (took + kBilledStepMs - 1) / kBilledStepMs);
    return Json{{"billedMemoryUsedInMB", kBilledMegabytes},
                {"billedDurationInMilliseconds", steps * kBilledStepMs}};
}

Json to_json(const runtime::Closed& closed, bool has_data, const std::string& trace) {
    Json out{{"executionArn", closed.arn},
             {"stateMachineArn", closed.workflow_arn},
             {"name", closed.name},
             {"startDate", to_epoch_seconds(closed.started_at)},
             {"stopDate", to_epoch_seconds(closed.stopped_at)},
             {"status", sync_status_of(closed.status)}};
    if (closed.error) out["error"] = *closed.error;
    if (closed.cause) out["cause"] = *closed.cause;
    if (has_data) out["input"] = closed.input.text();
    out["inputDetails"] = {{"included", has_data}};
    if (has_data && closed.output) out["output"] = closed.output->text();
    out["outputDetails"] = {{"included", has_data}};
    if (!trace.empty()) out["traceHeader"] = trace;
    out["billingDetails"] = billing_of(closed);
    return out;
}

}  // namespace

AwsResult<Payload> execution_input(std::optional<std::string> text) {
    if (!text) return Payload();
    if (text->empty()) {
        return refuse_quoting("InvalidExecutionInput", "Invalid State Machine Execution Input",
                              "Invalid execution input.");
    }
    const std::string copy = text->size() < 1'000 ? *text : text->substr(0, 1'000);
    auto payload = Payload::from_text(std::move(*text));
    if (payload) return std::move(payload).value();
    return refuse_quoting("InvalidExecutionInput", "Invalid State Machine Execution Input",
                          json_fault(copy));
}

struct Api::AskedStart {
    runtime::StartRequest request;
    Arn machine;  // as it was asked for
    std::string trace;
};

/// What both actions ask of `members`; those that only one has are read before.
AwsResult<Api::AskedStart> Api::asked_start(Members& members, const Principal& by) const {
    AskedStart asked;
    runtime::StartRequest& request = asked.request;
    const std::string text = members.required_text("stateMachineArn", kArnLength);
    request.name = members.text("name", {1, 80});
    auto input_text = members.text("input", kPayloadLength);
    asked.trace = members.text("traceHeader", {0, 256}).value_or("");
    SW_TRY(members.check());
    asked.machine = SW_TRY(own_machine_or_version(text));
    if (request.name && !is_name(*request.name)) {
        return refuse_quoting("InvalidName", "Invalid Name", *request.name);
    }
    request.input = SW_TRY(execution_input(std::move(input_text)));
    request.workflow = asked.machine.name;
    request.qualifier = asked.machine.qualifier;
    request.principal = who_is(by);
    return asked;
}

void Api::start_execution(const Json& body, const Principal& by, Reply reply) {
    Members members(body);
    auto asked = asked_start(members, by);
    if (!asked) return reply(fail(std::move(asked).error()));
    engine_.start_execution(std::move(asked->request),
                            [reply = std::move(reply),
                             machine = asked->machine.text](Result<runtime::Started> started) {
                                if (started) return reply(started_text(*started));
                                reply(fail(start_error(started.error(), machine)));
                            });
}

/// The answer comes when the execution has ended, which is five minutes later at most.
void Api::start_sync_execution(const Json& body, const Principal& by, Reply reply) {
    Members members(body);
    const auto data = members.choice("includedData", {"ALL_DATA", "METADATA_ONLY"});
    auto asked = asked_start(members, by);
    if (!asked) return reply(fail(std::move(asked).error()));
    const auto found = workflow(asked->machine);
    if (!found) return reply(fail(found.error()));
    if (found->workflow.type != "EXPRESS") {
        return reply(refuse("StateMachineTypeNotSupported",
                            "This operation is not supported by this type of state machine"));
    }
    const auto answer = [reply, has_data = data != "METADATA_ONLY",
                         trace = asked->trace](Result<runtime::Closed> closed) {
        if (!closed) return reply(fail(internal_error(closed.error())));
        reply(to_text(to_json(*closed, has_data, trace)));
    };
    engine_.start_execution(
        std::move(asked->request),
        [this, reply, answer, machine = asked->machine.text](Result<runtime::Started> started) {
            if (!started) return reply(fail(start_error(started.error(), machine)));
            engine_.when_closed(started->id, answer);
        });
}

}  // namespace stepwell::api::aws
