#include "api/aws/api.hpp"

#include <algorithm>
#include <array>

#include "api/router/samples.hpp"
#include "engine/base/uuid.hpp"

namespace stepwell::api::aws {
namespace {

constexpr std::string_view kTargetPrefix = "AWSStepFunctions.";

std::string request_id_line() {
    thread_local Prng random(runtime::system_clock().entropy());
    return "x-amzn-RequestId: " + uuid4(random) + "\r\n";
}

unsigned status_of(const AwsError& error) {
    if (error.type == "ServiceUnavailable") return 503;
    return error.type == "InternalFailure" ? 500 : 400;
}

Response to_response(AwsResult<std::string> result) {
    Response response;
    response.content_type = "application/x-amz-json-1.0";
    response.headers = request_id_line();
    if (result) {
        response.body = std::move(result).value();
        return response;
    }
    const AwsError& error = result.error();
    Json body{{"__type", error.type}, {"message", error.message}};
    if (!error.reason.empty()) body["reason"] = error.reason;
    if (!error.resource.empty()) body["resourceName"] = error.resource;
    response.status = status_of(error);
    response.body = to_text(body);
    return response;
}

AwsResult<Json> parse_body(const std::string& text) {
    if (text.find_first_not_of(" \t\r\n") == text.npos) return Json::object();
    auto body = parse_json(text, kJsonBodyValuesMax);
    if (!body) return refuse("SerializationException", std::move(body).error().message);
    if (!body->is_object()) {
        return refuse("SerializationException", "expected the body to be a JSON object");
    }
    return std::move(body).value();
}

}  // namespace

AwsError internal_error(const Error& error) {
    if (error.code == ErrorCode::unavailable) return {"ServiceUnavailable", error.message, {}};
    if (error.code == ErrorCode::invalid) return {"ValidationException", error.message, {}};
    return {"InternalFailure", error.message, {}};
}

std::string time_text(Timestamp at) {
    const std::int64_t ms = to_ms(at);
    const std::string fraction = std::to_string(1'000 + ms % 1'000);
    return std::to_string(ms / 1'000) + "." + fraction.substr(1);
}

Api::Api(runtime::Engine& engine, Readers& readers, Account account,
         std::vector<std::string> builtin_tasks)
    : engine_(engine),
      readers_(readers),
      account_(std::move(account)),
      builtin_tasks_(std::move(builtin_tasks)) {}

const Api::Entry* Api::find_action(std::string_view target) {
    static const auto kActions = std::to_array<Entry>({
        {"StartExecution", Role::operator_, &Api::start_execution, nullptr},
        {"StartSyncExecution", Role::operator_, &Api::start_sync_execution, nullptr},
        {"DescribeExecution", Role::viewer, nullptr, &Api::describe_execution},
        {"GetExecutionHistory", Role::viewer, nullptr, &Api::get_execution_history},
        {"ListExecutions", Role::viewer, nullptr, &Api::list_executions},
        {"StopExecution", Role::operator_, &Api::stop_execution, nullptr},
        {"RedriveExecution", Role::operator_, &Api::redrive_execution, nullptr},
        {"CreateStateMachine", Role::editor, &Api::create_state_machine, nullptr},
        {"UpdateStateMachine", Role::editor, &Api::update_state_machine, nullptr},
        {"DeleteStateMachine", Role::editor, &Api::delete_state_machine, nullptr},
        {"DescribeStateMachine", Role::viewer, nullptr, &Api::describe_state_machine},
        {"DescribeStateMachineForExecution", Role::viewer, nullptr,
         &Api::describe_state_machine_for_execution},
        {"ListMapRuns", Role::viewer, nullptr, &Api::list_map_runs},
        {"DescribeMapRun", Role::viewer, nullptr, &Api::describe_map_run},
        {"UpdateMapRun", Role::operator_, &Api::update_map_run, nullptr},
        {"ListStateMachines", Role::viewer, nullptr, &Api::list_state_machines},
        {"ValidateStateMachineDefinition", Role::viewer, nullptr,
         &Api::validate_state_machine_definition},
        {"TagResource", Role::editor, &Api::tag_resource, nullptr},
        {"UntagResource", Role::editor, &Api::untag_resource, nullptr},
        {"ListTagsForResource", Role::viewer, nullptr, &Api::list_tags_for_resource},
        {"PublishStateMachineVersion", Role::editor, &Api::publish_state_machine_version, nullptr},
        {"DeleteStateMachineVersion", Role::editor, &Api::delete_state_machine_version, nullptr},
        {"ListStateMachineVersions", Role::viewer, nullptr, &Api::list_state_machine_versions},
        {"CreateStateMachineAlias", Role::editor, &Api::create_state_machine_alias, nullptr},
        {"UpdateStateMachineAlias", Role::editor, &Api::update_state_machine_alias, nullptr},
        {"DeleteStateMachineAlias", Role::editor, &Api::delete_state_machine_alias, nullptr},
        {"DescribeStateMachineAlias", Role::viewer, nullptr, &Api::describe_state_machine_alias},
        {"ListStateMachineAliases", Role::viewer, nullptr, &Api::list_state_machine_aliases},
        {"TestState", Role::editor, &Api::test_state, nullptr},
        {"CreateActivity", Role::editor, &Api::create_activity, nullptr},
        {"DeleteActivity", Role::editor, &Api::delete_activity, nullptr},
        {"DescribeActivity", Role::viewer, nullptr, &Api::describe_activity},
        {"ListActivities", Role::viewer, nullptr, &Api::list_activities},
        {"GetActivityTask", Role::operator_, nullptr, nullptr, &Api::get_activity_task},
        {"SendTaskSuccess", Role::operator_, &Api::send_task_success, nullptr},
        {"SendTaskFailure", Role::operator_, &Api::send_task_failure, nullptr},
        {"SendTaskHeartbeat", Role::operator_, &Api::send_task_heartbeat, nullptr},
    });
    if (target.substr(0, kTargetPrefix.size()) != kTargetPrefix) return nullptr;
    const std::string_view name = target.substr(kTargetPrefix.size());
    const auto* found = std::find_if(kActions.begin(), kActions.end(),
                                     [&](const Entry& entry) { return entry.name == name; });
    return found == kActions.end() ? nullptr : found;
}

Role Api::role_of(std::string_view target) {
    const Entry* entry = find_action(target);
    return entry ? entry->role : Role::viewer;
}

void Api::handle(Request& request, Responder respond) {
    const std::string_view target = request.header("X-Amz-Target");
    const Entry* entry = find_action(target);
    if (!entry) {
        return respond(to_response(refuse(
            "UnknownOperationException",
            "expected X-Amz-Target to name an operation of Step Functions that Stepwell has, "
            "but got '" +
                std::string(target.substr(0, 100)) + "'")));
    }
    auto body = parse_body(request.body());
    if (!body) return respond(to_response(fail(std::move(body).error())));
    if (entry->act) {
        return (this->*entry->act)(*body, request.principal(),
                                   [respond = std::move(respond)](AwsResult<std::string> result) {
                                       respond(to_response(std::move(result)));
                                   });
    }
    if (entry->wait) {
        auto stream = (this->*entry->wait)(*body);
        if (!stream) return respond(to_response(fail(std::move(stream).error())));
        Response response = to_response(std::string());
        response.stream = *std::move(stream);
        return respond(std::move(response));
    }
    auto read = (this->*entry->read)(*body);
    if (!read) return respond(to_response(fail(std::move(read).error())));
    const bool is_viewer = request.principal().role < Role::operator_;
    respond(to_response(to_text(is_viewer ? with_hidden_samples(*std::move(read)) : *read)));
}

void Api::call(std::string_view action, const Json& body, const Principal& by, Reply reply) {
    const Entry* entry = find_action(std::string(kTargetPrefix) + std::string(action));
    if (!entry || entry->wait) {
        return reply(refuse("UnknownOperationException",
                            "expected an operation of Step Functions that a workflow may call, but "
                            "got '" +
                                std::string(action) + "'"));
    }
    if (entry->act) return (this->*entry->act)(body, by, std::move(reply));
    auto read = (this->*entry->read)(body);
    reply(read ? AwsResult<std::string>(to_text(*read)) : fail(std::move(read).error()));
}

AwsResult<Readers::Lease> Api::reader() {
    auto lease = readers_.take();
    if (!lease) return fail(internal_error(lease.error()));
    return std::move(lease).value();
}

AwsResult<Arn> Api::own_state_machine(std::string_view text) const {
    Arn arn = SW_TRY(parse_arn(text, "stateMachine"));
    if (!is_own(arn) || !arn.qualifier.empty()) {
        return refuse_quoting("StateMachineDoesNotExist", "State Machine Does Not Exist", text);
    }
    return arn;
}

AwsResult<Arn> Api::own_machine_or_version(std::string_view text) const {
    Arn arn = SW_TRY(parse_arn(text, "stateMachine"));
    if (is_own(arn)) return arn;
    return refuse_quoting("StateMachineDoesNotExist", "State Machine Does Not Exist", text);
}

bool Api::is_own(const Arn& arn) const {
    return arn.region == account_.region && arn.account == account_.account;
}

AwsResult<runtime::WorkflowDescription> Api::workflow(const Arn& arn) {
    auto reader = SW_TRY(this->reader());
    auto found = reader->workflow(arn.name);
    if (found) return std::move(found).value();
    if (found.error().code != ErrorCode::not_found) return fail(internal_error(found.error()));
    return refuse_quoting("StateMachineDoesNotExist", "State Machine Does Not Exist", arn.text);
}

AwsResult<ExecutionId> Api::execution(Readers::Lease& reader, std::string_view text) {
    SW_TRY(parse_arn(text, "execution"));
    auto found = reader->find(text);
    if (found) return *found;
    if (found.error().code != ErrorCode::not_found) return fail(internal_error(found.error()));
    return refuse_quoting("ExecutionDoesNotExist", "Execution Does Not Exist", text);
}

}  // namespace stepwell::api::aws
