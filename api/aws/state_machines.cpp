// The actions on state machines.
#include "api/aws/api.hpp"
#include "api/aws/members.hpp"
#include "engine/base/digest.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api::aws {
namespace {

constexpr Length kDefinitionLength{1, definition::kDefinitionBytesMax};

const Json& default_logging() {
    static const Json kDefault{{"level", "OFF"}, {"includeExecutionData", false}};
    return kDefault;
}
const Json& default_tracing() {
    static const Json kDefault{{"enabled", false}};
    return kDefault;
}

AwsResult<void> check_logging(const Json& logging) {
    if (string_or(logging, "level", "OFF") == "OFF") return {};
    const Json* destinations = find(logging, "destinations");
    if (destinations && destinations->is_array() && destinations->size() == 1) return {};
    return refuse("InvalidLoggingConfiguration",
                  "Invalid Logging Configuration: Must specify exactly one Log Destination.");
}

/// Any ARN: of a role nothing else is known.
AwsResult<void> check_role(std::string_view arn) {
    if (arn.substr(0, 4) == "arn:") return {};
    return refuse_quoting("InvalidArn", "Invalid Arn",
                          "Invalid ARN prefix: " + std::string(arn.substr(0, arn.find(':'))));
}

AwsResult<void> check_publish(Members& members) {
    const bool publishes = members.flag("publish", false);
    const bool is_described = members.text("versionDescription", {0, 256}).has_value();
    SW_TRY(members.check());
    if (publishes) {
        return refuse("ValidationException",
                      "expected 'publish' to be false: Stepwell does not publish versions yet");
    }
    if (!is_described) return {};
    return refuse("ValidationException",
                  "Version description can only be set when publish is true");
}

/// The engine's words for a bad definition are AWS's already.
AwsError definition_error(const Error& error) {
    if (error.code != ErrorCode::invalid) return internal_error(error);
    return {"InvalidDefinition", error.message, {}};
}

void describe_version(Json& out, const journal::VersionRecord& version, bool metadata_only) {
    out["definition"] = metadata_only ? "{}" : version.definition;
    out["roleArn"] = version.role_arn;
    const auto settings = parse_json(version.settings);
    const Json* logging = settings ? find(*settings, "loggingConfiguration") : nullptr;
    const Json* tracing = settings ? find(*settings, "tracingConfiguration") : nullptr;
    out["loggingConfiguration"] = logging ? *logging : default_logging();
    out["tracingConfiguration"] = tracing ? *tracing : default_tracing();
    if (!version.revision_id.empty()) out["revisionId"] = version.revision_id;
}

Json to_json(const definition::Diagnostic& diagnostic) {
    const bool is_error = diagnostic.severity == definition::Severity::error;
    Json out{{"severity", is_error ? "ERROR" : "WARNING"},
             {"code", diagnostic.code},
             {"message", diagnostic.message}};
    if (!diagnostic.location.empty()) out["location"] = diagnostic.location;
    return out;
}

}  // namespace

AwsResult<runtime::WorkflowSpec> Api::workflow_spec(const Json& body) const {
    Members members(body);
    runtime::WorkflowSpec spec;
    spec.name = members.required_text("name", {1, 80});
    spec.definition = members.required_text("definition", kDefinitionLength);
    spec.role_arn = members.required_text("roleArn", kArnLength);
    spec.type = members.choice("type", {"STANDARD", "EXPRESS"}).value_or("STANDARD");
    const Json* logging = members.object("loggingConfiguration");
    const Json* tracing = members.object("tracingConfiguration");
    SW_TRY(members.check());
    if (!is_name(spec.name)) return refuse_quoting("InvalidName", "Invalid Name", spec.name);
    SW_TRY(check_role(spec.role_arn));
    SW_TRY(check_publish(members));
    if (logging) SW_TRY(check_logging(*logging));
    spec.settings = to_text(Json{{"loggingConfiguration", logging ? *logging : default_logging()},
                                 {"tracingConfiguration", tracing ? *tracing : default_tracing()}});
    return spec;
}

void Api::create_state_machine(const Json& body, const Principal&, Reply reply) {
    auto spec = workflow_spec(body);
    if (!spec) return reply(fail(std::move(spec).error()));
    std::string arn = state_machine_arn(account_, spec->name);
    engine_.create_workflow(
        std::move(spec).value(), [reply, arn](Result<runtime::WorkflowStatus> made) {
            if (made) {
                return reply(to_text(Json{{"stateMachineArn", made->arn},
                                          {"creationDate", to_epoch_seconds(made->created_at)}}));
            }
            if (made.error().code == ErrorCode::conflict) {
                return reply(refuse_quoting("StateMachineAlreadyExists",
                                            "State Machine Already Exists", arn));
            }
            reply(fail(definition_error(made.error())));
        });
}

AwsResult<std::pair<std::string, runtime::WorkflowUpdate>> Api::workflow_update(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("stateMachineArn", kArnLength);
    runtime::WorkflowUpdate update;
    update.definition = members.text("definition", kDefinitionLength);
    update.role_arn = members.text("roleArn", kArnLength);
    const Json* logging = members.object("loggingConfiguration");
    const Json* tracing = members.object("tracingConfiguration");
    SW_TRY(members.check());
    SW_TRY(check_publish(members));
    const Arn arn = SW_TRY(own_state_machine(text));
    if (!update.definition && !update.role_arn && !logging && !tracing) {
        return refuse("MissingRequiredParameter",
                      "Either the definition, the role ARN, the LoggingConfiguration, or the "
                      "TracingConfiguration must be specified");
    }
    if (update.role_arn) SW_TRY(check_role(*update.role_arn));
    if (logging) SW_TRY(check_logging(*logging));
    if (logging || tracing) {
        const auto current = SW_TRY(workflow(arn));
        Json settings = parse_json(current.version.settings).value_or(Json::object());
        if (logging) settings["loggingConfiguration"] = *logging;
        if (tracing) settings["tracingConfiguration"] = *tracing;
        update.settings = to_text(settings);
    }
    return std::pair(arn.name, std::move(update));
}

void Api::update_state_machine(const Json& body, const Principal&, Reply reply) {
    auto update = workflow_update(body);
    if (!update) return reply(fail(std::move(update).error()));
    std::string arn = state_machine_arn(account_, update->first);
    engine_.update_workflow(
        std::move(update->first), std::move(update->second),
        [reply, arn](Result<runtime::WorkflowStatus> made) {
            if (!made && made.error().code == ErrorCode::not_found) {
                return reply(refuse_quoting("StateMachineDoesNotExist",
                                            "State Machine Does Not Exist", arn));
            }
            if (!made) return reply(fail(definition_error(made.error())));
            Json out{{"updateDate", to_epoch_seconds(made->updated_at)}};
            if (!made->revision_id.empty()) out["revisionId"] = made->revision_id;
            reply(to_text(out));
        });
}

void Api::delete_state_machine(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("stateMachineArn", kArnLength);
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto arn = parse_arn(text, "stateMachine");
    if (!arn) return reply(fail(std::move(arn).error()));
    if (!own_state_machine(text)) return reply(std::string("{}"));
    engine_.delete_workflow(arn->name, [reply](Result<void> deleted) {
        if (!deleted) return reply(fail(internal_error(deleted.error())));
        reply(std::string("{}"));
    });
}

AwsResult<Json> Api::describe_state_machine(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("stateMachineArn", kArnLength);
    const auto data = members.choice("includedData", {"ALL_DATA", "METADATA_ONLY"});
    SW_TRY(members.check());
    const Arn arn = SW_TRY(own_state_machine(text));
    const auto found = SW_TRY(workflow(arn));
    Json out{{"stateMachineArn", found.workflow.arn},
             {"name", found.workflow.name},
             {"status", "ACTIVE"},
             {"type", found.workflow.type},
             {"creationDate", to_epoch_seconds(found.workflow.created_at)}};
    describe_version(out, found.version, data == "METADATA_ONLY");
    return out;
}

AwsResult<Json> Api::describe_state_machine_for_execution(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("executionArn", kArnLength);
    const auto data = members.choice("includedData", {"ALL_DATA", "METADATA_ONLY"});
    SW_TRY(members.check());
    auto reader = SW_TRY(this->reader());
    const ExecutionId id = SW_TRY(execution(reader, text));
    auto found = reader->workflow_of(id);
    if (!found) return fail(internal_error(found.error()));
    Json out{{"stateMachineArn", found->workflow.arn},
             {"name", found->workflow.name},
             {"updateDate", to_epoch_seconds(found->version.created_at)}};
    describe_version(out, found->version, data == "METADATA_ONLY");
    return out;
}

AwsResult<Json> Api::list_state_machines(const Json& body) {
    Members members(body);
    const auto asked = static_cast<std::size_t>(members.number("maxResults", 0, 1'000));
    const auto token = members.text("nextToken", {1, 1'024});
    SW_TRY(members.check());
    const auto after = token ? base64_decode(*token) : std::optional<std::string>(std::string());
    if (!after) return refuse_quoting("InvalidToken", "Invalid Token", "Invalid token");
    auto reader = SW_TRY(this->reader());
    auto found = reader->workflows();
    if (!found) return fail(internal_error(found.error()));

    Json machines = Json::array();
    Json out;
    const std::size_t limit = asked == 0 ? 100 : asked;
    for (const auto& [workflow, version] : *found) {
        if (workflow.name <= *after) continue;
        if (machines.size() == limit) {
            out["nextToken"] = base64_encode(machines.back()["name"].get<std::string>());
            break;
        }
        machines.push_back({{"stateMachineArn", workflow.arn},
                            {"name", workflow.name},
                            {"type", workflow.type},
                            {"creationDate", to_epoch_seconds(workflow.created_at)}});
    }
    out["stateMachines"] = std::move(machines);
    return out;
}

AwsResult<Json> Api::validate_state_machine_definition(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("definition", kDefinitionLength);
    const auto type = members.choice("type", {"STANDARD", "EXPRESS"});
    const auto severity = members.choice("severity", {"ERROR", "WARNING"});
    const auto asked = static_cast<std::size_t>(members.number("maxResults", 0, 100));
    SW_TRY(members.check());
    definition::ParseOptions options;
    options.allow_workflow_members = false;
    options.is_express = type == "EXPRESS";
    options.builtin_tasks.assign(builtin_tasks_.begin(), builtin_tasks_.end());
    const auto parsed = definition::parse(text, options);

    Json diagnostics = Json::array();
    bool is_truncated = false;
    for (const auto& diagnostic : parsed.diagnostics) {
        const bool is_error = diagnostic.severity == definition::Severity::error;
        if (!is_error && severity != "WARNING") continue;
        is_truncated = diagnostics.size() == (asked == 0 ? 100 : asked);
        if (is_truncated) break;
        diagnostics.push_back(to_json(diagnostic));
    }
    return Json{{"result", parsed.is_valid() ? "OK" : "FAIL"},
                {"diagnostics", std::move(diagnostics)},
                {"truncated", is_truncated}};
}

}  // namespace stepwell::api::aws
