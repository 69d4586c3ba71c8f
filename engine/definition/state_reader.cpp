#include "engine/definition/state_reader.hpp"

#include "engine/definition/flow.hpp"
#include "engine/definition/workflow_members.hpp"

namespace stepwell::definition {
namespace {

void read_next_or_end(const StateReading& at, State& state) {
    const bool has_next = at.fields.has("Next");
    const Json* end = at.fields.find("End");
    if (end != nullptr && !(end->is_boolean() && end->get<bool>())) {
        at.fields.report_type("End", "true");
    } else if (has_next && end != nullptr) {
        at.fields.exclude("Next", "End");
    } else if (!has_next && end == nullptr) {
        at.reading.report.add_at_name(at.fields.place(),
                                      {"expected 'Next' or '\"End\": true', but there is neither"});
    }
    state.next = at.target(at.json, "Next");
}

bool has_next_or_end(StateKind kind) {
    return kind != StateKind::choice && kind != StateKind::succeed && kind != StateKind::fail;
}

void read_data_flow(const StateReading& at, StateKind kind, State& state) {
    state.input_path = at.fields.read_selection("InputPath", PathForm::any);
    state.output_path = at.fields.read_selection("OutputPath", PathForm::any);
    state.result_path = at.fields.read_selection("ResultPath", PathForm::result_path);
    // A Map's Parameters is the old name of its ItemSelector; read_map() takes it.
    if (kind != StateKind::map) {
        state.parameters = at.fields.read_template("Parameters", Fields::TemplateRoot::any);
    }
    state.result_selector = at.fields.read_template("ResultSelector", Fields::TemplateRoot::object);
    state.assign = at.fields.read_assign();
    state.retry = read_retriers(at);
    state.catchers = read_catchers(at);
}

void read_query_flow(const StateReading& at, StateKind kind, State& state) {
    const bool has_result =
        kind == StateKind::task || kind == StateKind::parallel || kind == StateKind::map;
    const Fields::Sees sees{.result = has_result};
    state.arguments = at.fields.read_query("Arguments", Fields::TemplateRoot::object, {});
    state.output = at.fields.read_query("Output", Fields::TemplateRoot::any, sees);
    state.assign_query = at.fields.read_query_assign(sees);
    state.retry = read_retriers(at);
    state.catchers = read_catchers(at);
}

void read_body(const StateReading& at, StateKind kind, State& state) {
    switch (kind) {
        case StateKind::task:
            state.body = read_task(at);
            break;
        case StateKind::pass:
            state.body = read_pass(at);
            break;
        case StateKind::choice:
            state.body = read_choice(at);
            break;
        case StateKind::wait:
            state.body = read_wait(at);
            break;
        case StateKind::succeed:
            state.body = SucceedState{};
            break;
        case StateKind::fail:
            state.body = read_fail(at);
            break;
        case StateKind::parallel:
            state.body = read_parallel(at);
            break;
        case StateKind::map:
            state.body = read_map(at);
            break;
    }
}

std::optional<StateKind> read_kind(const Fields& fields) {
    if (fields.require("Type") == nullptr) return std::nullopt;
    const auto type = fields.read_enum("Type", state_kind_names());
    return type ? state_kind_of(*type) : std::nullopt;
}

QueryLanguage read_language(const StateReading& at) {
    const auto language = at.fields.read_enum("QueryLanguage", {"JSONPath", "JSONata"});
    if (!language) return at.reading.language;
    if (*language == "JSONata") return QueryLanguage::jsonata;
    if (at.reading.language == QueryLanguage::jsonata) {
        at.reading.report.add_at_name(
            at.fields.place(),
            {"'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"});
    }
    return QueryLanguage::jsonpath;
}

void read_inner_machines(const StateReading& at) {
    for_each_inner_machine(at.json, at.fields.place(), [&](const Json& inner, const Place& place) {
        read_machine(at.reading, inner, place,
                     Owner{at.id, string_or(at.json, "Type", "") == "Map"});
    });
}

const std::vector<std::string> kRootFields = {"Comment", "StartAt",        "States",
                                              "Version", "TimeoutSeconds", "QueryLanguage"};
const std::vector<std::string> kInnerFields = {"Comment", "StartAt", "States", "QueryLanguage"};
/// Measured: AWS refuses a query language in a Map's processor, where its specification has one.
const std::vector<std::string> kProcessorFields = {"Comment", "StartAt", "States",
                                                   "ProcessorConfig"};

std::vector<std::string> root_fields(const ParseOptions& options) {
    std::vector<std::string> names = kRootFields;
    if (!options.allow_workflow_members) return names;
    const auto& members = workflow_member_names();
    names.insert(names.end(), members.begin(), members.end());
    return names;
}

void read_root_fields(Reading& reading, const Fields& fields) {
    Definition& definition = reading.definition;
    definition.timeout_seconds = fields.read_integer("TimeoutSeconds", {1, kSecondsMax});
    if (const Json* version = fields.find("Version"); version && *version != "1.0") {
        fields.report_type("Version", "\"1.0\" (in quotes)");
    }
    const auto language = fields.read_enum("QueryLanguage", {"JSONPath", "JSONata"});
    if (language == "JSONata") reading.language = QueryLanguage::jsonata;
}

void check_inner_fields(const Fields& fields, bool is_processor) {
    fields.only(is_processor ? kProcessorFields : kInnerFields, "a machine inside a state");
    static_cast<void>(fields.read_enum("QueryLanguage", {"JSONPath", "JSONata"}));
}

/// Whether there is something to read; else what is missing has been reported.
bool check_required(const Fields& fields) {
    const Json* states = fields.find("States");
    std::string missing;
    if (states == nullptr) missing = "States";
    if (!fields.has("StartAt")) missing += missing.empty() ? "StartAt" : ", StartAt";
    if (!missing.empty()) {
        fields.report().add_at_name(fields.place(),
                                    {"These fields are required: [" + missing + "]"});
    }
    if (states == nullptr) return false;
    if (!states->is_object()) {
        fields.report_type("States", "an object of states");
        return false;
    }
    if (states->empty())
        fields.report().add(fields.place().member("States"), {"Value cannot be empty"});
    return true;
}

}  // namespace

std::optional<StateId> StateReading::target(const Json& holder, std::string_view name) const {
    const Json* target = stepwell::find(holder, name);
    if (target == nullptr || !target->is_string()) return std::nullopt;
    return reading.outline.find(scope, target->get<std::string>());
}

void read_state(Reading& reading, const Json& json, const Place& place, ScopeId scope, StateId id) {
    if (!json.is_object()) {
        reading.report.add(place,
                           {"expected a state, that is an object, but it is " + excerpt(json)});
        return;
    }
    const Fields fields(reading.report, json, place);
    StateReading at{reading, json, fields, scope, id, reading.language};
    State state;
    state.scope = scope;
    state.comment = fields.read_string("Comment").value_or("");
    const auto kind = read_kind(fields);
    const QueryLanguage language = read_language(at);
    at.language = state.language = language;
    if (kind) {
        check_state_fields(json, fields, *kind, language);
        if (has_next_or_end(*kind)) read_next_or_end(at, state);
        if (language == QueryLanguage::jsonpath) {
            read_data_flow(at, *kind, state);
        } else {
            read_query_flow(at, *kind, state);
        }
        read_body(at, *kind, state);
        if (language == QueryLanguage::jsonpath) warn_of_dead_paths(at);
    }
    state.name = std::move(reading.definition.states[value_of(id)].name);
    reading.definition.states[value_of(id)] = std::move(state);
    read_inner_machines(at);
}

void read_machine(Reading& reading, const Json& machine, const Place& place,
                  std::optional<Owner> owner) {
    const ScopeId scope = reading.outline.scope_of(machine);
    const Fields fields(reading.report, machine, place);
    if (owner) {
        check_inner_fields(fields, owner->is_map);
    } else {
        fields.only(root_fields(reading.options), "a state machine");
        read_root_fields(reading, fields);
    }
    const auto comment = fields.read_string("Comment");
    if (!owner) reading.definition.comment = comment.value_or("");
    if (owner) reading.definition.scopes[value_of(scope)].owner = owner->id;
    if (!check_required(fields)) return;
    if (const Json* start = fields.find("StartAt"); start && start->is_string()) {
        const auto id = reading.outline.find(scope, start->get<std::string>());
        if (id) reading.definition.scopes[value_of(scope)].start = *id;
    }
    for_each_state(machine, place,
                   [&](const std::string& name, const Json& state, const Place& at) {
                       const StateId id = *reading.outline.find(scope, name);
                       reading.definition.states[value_of(id)].name = name;
                       read_state(reading, state, at, scope, id);
                   });
    check_flow(machine, place, reading.report);
}

}  // namespace stepwell::definition
