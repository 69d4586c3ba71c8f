// The actions on state machines.
#include "api/aws/api.hpp"
#include "api/aws/configurations.hpp"
#include "api/aws/members.hpp"
#include "api/aws/published.hpp"
#include "api/aws/tags.hpp"
#include "engine/definition/variable_references.hpp"
#include "engine/definition/workflow.hpp"
#include "engine/runtime/definition_text.hpp"

namespace stepwell::api::aws {
namespace {

constexpr Length kDefinitionLength{1, definition::kDefinitionBytesMax};

/// Any ARN: of a role nothing else is known.
AwsResult<void> check_role(std::string_view arn) {
    if (arn.substr(0, 4) == "arn:") return {};
    return refuse_quoting("InvalidArn", "Invalid Arn",
                          "Invalid ARN prefix: " + std::string(arn.substr(0, arn.find(':'))));
}

/// Nothing: the request publishes nothing.
using Publishing = std::optional<std::string>;  // with this description

Publishing read_publishing(Members& members) {
    auto description = members.text("versionDescription", {0, 256});
    if (!members.flag("publish", false)) return std::nullopt;
    return std::move(description).value_or("");
}

AwsResult<void> check_publishing(const Publishing& publishing, const Json& body) {
    if (publishing || !find(body, "versionDescription")) return {};
    return refuse("ValidationException",
                  "Version description can only be set when publish is true");
}

/// What became of what is written beside a change of a machine.
struct Beside {
    std::optional<AwsError> refusal;
    std::uint32_t version = 0;  // the number of the published one; 0: none
};
using BesidePtr = std::shared_ptr<Beside>;
using BesideResult = AwsResult<std::vector<journal::DocumentWrite>>;

/// As the engine takes it; a refusal of ours is no failure of its.
runtime::WorkflowChange written_beside(
    BesidePtr beside,
    std::function<BesideResult(const runtime::WorkflowStatus&, runtime::ChangeView&, Beside&)>
        decide) {
    return [beside = std::move(beside), decide = std::move(decide)](
               const runtime::WorkflowStatus& made,
               runtime::ChangeView& view) -> Result<runtime::Writes> {
        *beside = {};
        auto writes = decide(made, view, *beside);
        if (writes) return runtime::Writes{std::move(writes).value(), {}};
        beside->refusal = std::move(writes).error();
        return runtime::Writes{};
    };
}

BesideResult publish(const std::string& machine, const Publishing& publishing,
                     const runtime::WorkflowStatus& made, runtime::ChangeView& view,
                     Beside& beside) {
    if (!publishing) return std::vector<journal::DocumentWrite>();
    auto publication = SW_TRY(publication_of(view, machine, made, *publishing));
    beside.version = publication.version.number;
    return std::move(publication.writes);
}

/// A request that was repeated has to publish what the first one did.
AwsResult<std::uint32_t> repeated_publication(const std::string& machine, const std::string& arn,
                                              const Publishing& publishing,
                                              runtime::ChangeView& view) {
    const auto document = SW_TRY(
        or_internal(view.document(runtime::kPublishedVersions, runtime::version_key(machine, 1))));
    runtime::PublishedVersion first;
    if (document) first = SW_TRY(or_internal(runtime::published_version_in(*document)));
    const bool is_same = first.is_first ? publishing == first.description : !publishing;
    if (is_same) return first.is_first ? first.number : 0;
    return refuse_quoting("StateMachineAlreadyExists", "State Machine Already Exists", arn);
}

/// The engine's words for a bad definition are AWS's already.
AwsError definition_error(const Error& error) {
    if (error.code != ErrorCode::invalid) return internal_error(error);
    return {"InvalidDefinition", error.message, {}};
}

/// One that cannot be read any more has none: it is described all the same.
void describe_variables(Json& out, const std::string& text) {
    const auto definition = runtime::reload_definition(text);
    if (!definition) return;
    Json references = Json::object();
    for (auto& [state, names] : definition::variable_references(**definition)) {
        references[state] = std::move(names);
    }
    if (!references.empty()) out["variableReferences"] = std::move(references);
}

void describe_version(Json& out, const journal::VersionRecord& version, bool metadata_only) {
    out["definition"] = metadata_only ? "{}" : version.definition;
    out["roleArn"] = version.role_arn;
    describe_configurations(out, version.settings);
    if (!version.revision_id.empty()) out["revisionId"] = version.revision_id;
    if (!metadata_only) describe_variables(out, version.definition);
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

struct Api::Creation {
    runtime::WorkflowSpec spec;
    std::vector<runtime::Tag> tags;
    Publishing publishing;
};

AwsResult<Api::Creation> Api::creation_of(const Json& body) const {
    Members members(body);
    Creation creation;
    runtime::WorkflowSpec& spec = creation.spec;
    spec.name = members.required_text("name", {1, 80});
    spec.definition = members.required_text("definition", kDefinitionLength);
    spec.role_arn = members.required_text("roleArn", kArnLength);
    spec.type = members.choice("type", {"STANDARD", "EXPRESS"}).value_or("STANDARD");
    const Configurations configurations = read_configurations(members);
    auto tags = read_tags(members);
    creation.publishing = read_publishing(members);
    SW_TRY(members.check());
    if (!is_name(spec.name)) return refuse_quoting("InvalidName", "Invalid Name", spec.name);
    SW_TRY(check_role(spec.role_arn));
    SW_TRY(check_publishing(creation.publishing, body));
    SW_TRY(check_configurations(configurations));
    creation.tags = SW_TRY(with_tags({}, tags, state_machine_arn(account_, spec.name)));
    spec.settings = settings_with(configurations, "{}");
    return creation;
}

void Api::create_state_machine(const Json& body, const Principal&, Reply reply) {
    auto creation = creation_of(body);
    if (!creation) return reply(fail(std::move(creation).error()));
    runtime::WorkflowSpec spec = std::move(creation->spec);
    const std::string name = spec.name;
    const std::string arn = state_machine_arn(account_, name);
    auto beside = std::make_shared<Beside>();
    spec.beside = written_beside(
        beside,
        [name, arn, publishing = creation->publishing, tags = creation->tags](
            const runtime::WorkflowStatus& made, runtime::ChangeView& view,
            Beside& outcome) -> BesideResult {
            if (!made.is_changed) {
                outcome.version = SW_TRY(repeated_publication(name, arn, publishing, view));
                return std::vector<journal::DocumentWrite>();
            }
            auto writes = SW_TRY(publish(name, publishing, made, view, outcome));
            if (!tags.empty()) {
                writes.push_back(runtime::to_write(tags, runtime::tags_key("stateMachine", name)));
            }
            return writes;
        });
    engine_.create_workflow(std::move(spec), [reply = std::move(reply), arn,
                                              beside](Result<runtime::WorkflowStatus> made) {
        if (!made && made.error().code == ErrorCode::conflict) {
            return reply(
                refuse_quoting("StateMachineAlreadyExists", "State Machine Already Exists", arn));
        }
        if (!made) return reply(fail(definition_error(made.error())));
        if (beside->refusal) return reply(fail(*std::move(beside->refusal)));
        Json out{{"stateMachineArn", made->arn},
                 {"creationDate", to_epoch_seconds(made->created_at)}};
        if (beside->version > 0) {
            out["stateMachineVersionArn"] = arn + ":" + std::to_string(beside->version);
        }
        reply(to_text(out));
    });
}

struct Api::Update {
    std::string machine;
    runtime::WorkflowUpdate update;
    Publishing publishing;
};

AwsResult<Api::Update> Api::update_of(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("stateMachineArn", kArnLength);
    Update asked;
    runtime::WorkflowUpdate& update = asked.update;
    update.definition = members.text("definition", kDefinitionLength);
    update.role_arn = members.text("roleArn", kArnLength);
    const Configurations configurations = read_configurations(members);
    asked.publishing = read_publishing(members);
    SW_TRY(members.check());
    SW_TRY(check_publishing(asked.publishing, body));
    const Arn arn = SW_TRY(own_state_machine(text));
    asked.machine = arn.name;
    if (!update.definition && !update.role_arn && configurations.are_empty()) {
        return refuse("MissingRequiredParameter",
                      "Either the definition, the role ARN, the LoggingConfiguration, or the "
                      "TracingConfiguration must be specified");
    }
    if (update.role_arn) SW_TRY(check_role(*update.role_arn));
    SW_TRY(check_configurations(configurations));
    if (!configurations.are_empty()) {
        const auto current = SW_TRY(workflow(arn));
        update.settings = settings_with(configurations, current.version.settings);
    }
    return asked;
}

void Api::update_state_machine(const Json& body, const Principal&, Reply reply) {
    auto asked = update_of(body);
    if (!asked) return reply(fail(std::move(asked).error()));
    std::string arn = state_machine_arn(account_, asked->machine);
    auto beside = std::make_shared<Beside>();
    asked->update.beside = written_beside(
        beside, [name = asked->machine, publishing = asked->publishing](
                    const runtime::WorkflowStatus& made, runtime::ChangeView& view,
                    Beside& outcome) { return publish(name, publishing, made, view, outcome); });
    engine_.update_workflow(
        std::move(asked->machine), std::move(asked->update),
        [reply = std::move(reply), arn, beside](Result<runtime::WorkflowStatus> made) {
            if (!made && made.error().code == ErrorCode::not_found) {
                return reply(refuse_quoting("StateMachineDoesNotExist",
                                            "State Machine Does Not Exist", arn));
            }
            if (!made) return reply(fail(definition_error(made.error())));
            if (beside->refusal) return reply(fail(*std::move(beside->refusal)));
            Json out{{"updateDate", to_epoch_seconds(made->updated_at)}};
            if (!made->revision_id.empty()) out["revisionId"] = made->revision_id;
            if (beside->version > 0) {
                out["stateMachineVersionArn"] = arn + ":" + std::to_string(beside->version);
            }
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

/// Where the ARN is one of a published version: that, and the revision that it names.
AwsResult<std::optional<Api::Published>> Api::published(const Arn& arn) {
    if (arn.qualifier.empty()) return std::optional<Published>();
    const auto number = runtime::version_number_in(arn.qualifier);
    auto reader = SW_TRY(this->reader());
    const auto version = number ? SW_TRY(find_version(reader, arn.name, *number)) : std::nullopt;
    if (!version) {
        return refuse_quoting("StateMachineDoesNotExist", "State Machine Does Not Exist", arn.text);
    }
    auto found = SW_TRY(or_internal(reader->version(arn.name, version->revision)));
    return std::optional(Published{*version, std::move(found)});
}

AwsResult<Json> Api::describe_state_machine(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("stateMachineArn", kArnLength);
    const auto data = members.choice("includedData", {"ALL_DATA", "METADATA_ONLY"});
    SW_TRY(members.check());
    const Arn arn = SW_TRY(own_machine_or_version(text));
    const auto published = SW_TRY(this->published(arn));
    const auto found = published ? published->revision : SW_TRY(workflow(arn));
    const Timestamp created = published ? published->version.created_at : found.workflow.created_at;
    Json out{{"stateMachineArn", published ? arn.text : found.workflow.arn},
             {"name", found.workflow.name},
             {"status", "ACTIVE"},
             {"type", found.workflow.type},
             {"creationDate", to_epoch_seconds(created)}};
    describe_version(out, found.version, data == "METADATA_ONLY");
    if (published && !published->version.description.empty()) {
        out["description"] = published->version.description;
    }
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
    const auto run = reader->map_run_of(id);
    if (!run) return fail(internal_error(run.error()));
    if (*run) {
        out["mapRunArn"] = (*run)->plan.arn;
        out["label"] = (*run)->plan.label;
    }
    return out;
}

AwsResult<Json> Api::list_state_machines(const Json& body) {
    constexpr const char* kList = "stateMachines";
    Members members(body);
    const auto asked = static_cast<std::size_t>(members.number("maxResults", 0, 1'000));
    const auto token = members.text("nextToken", {1, 1'024});
    SW_TRY(members.check());
    const std::string after = SW_TRY(key_in_token(kList, token)).value_or("");
    auto reader = SW_TRY(this->reader());
    auto found = reader->workflows();
    if (!found) return fail(internal_error(found.error()));

    Json machines = Json::array();
    Json out;
    const std::size_t limit = asked == 0 ? 100 : asked;
    for (const auto& [workflow, version] : *found) {
        if (workflow.name <= after) continue;
        if (machines.size() == limit) {
            out["nextToken"] = token_behind(kList, machines.back()["name"].get<std::string>());
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
