#include "engine/runtime/loop/child_call.hpp"

#include <utility>

#include "engine/base/digest.hpp"
#include "engine/base/prng.hpp"
#include "engine/base/uuid.hpp"
#include "engine/runtime/names.hpp"

namespace stepwell::runtime {
namespace {

Prng generator_of(const std::string& run_key, const TaskToken& token) {
    const auto digest = digest_hex("SHA-256", run_key + "/" + token.text());
    return Prng(std::stoull(digest.value_or("0").substr(0, 16), nullptr, 16));
}

Result<Payload, ApiError> input_of(const Json& parameters) {
    const Json* input = find(parameters, "Input");
    if (!input || input->is_null()) return Payload();
    if (!input->is_string()) return Payload(*input);
    auto payload = Payload::from_text(input->get<std::string>());
    if (payload) return *std::move(payload);
    return fail(ApiError{"InvalidExecutionInput", "Invalid State Machine Execution Input: '" +
                                                      payload.error().message + "'"});
}

}  // namespace

ChildNames::ChildNames(const std::string& run_key, const TaskToken& token) {
    Prng for_name = generator_of(run_key, token);
    name = uuid4(for_name);
    Prng for_request = generator_of(run_key, token);
    for_request.next();
    request_id = uuid4(for_request);
}

Result<StartRequest, ApiError> child_start_of(const Payload& parameters, const ChildNames& names) {
    const Json& asked = parameters.json();
    const std::string arn = string_or(asked, "StateMachineArn", "");
    const auto workflow = parse_qualified_arn(arn);
    if (!workflow)
        return fail(ApiError{"InvalidArn", "Invalid Arn: 'Invalid ARN prefix: " + arn + "'"});
    StartRequest start;
    start.origin = kParentOrigin;
    start.workflow = workflow->name;
    start.qualifier = workflow->qualifier;
    start.input = SW_TRY(input_of(asked));
    const std::string name = string_or(asked, "Name", "");
    start.adopts_existing = name.empty();
    start.name = name.empty() ? names.name : name;
    return start;
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

core::TaskFailed refused_call(const TaskToken& token, const ApiError& error,
                              const std::string& request_id) {
    return {token, "StepFunctions." + error.shape + "Exception",
            error.text + " (Service: AWSStepFunctions; Status Code: 400; Error Code: " +
                error.shape + "; Request ID: " + request_id + "; Proxy: null)"};
}

}  // namespace stepwell::runtime
