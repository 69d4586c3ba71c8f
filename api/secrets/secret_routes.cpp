// Secrets: their names and where they are used, never a value.
#include "api/auth/routes.hpp"
#include "api/router/paging.hpp"
#include "api/router/preconditions.hpp"

namespace stepwell::api {
namespace {

void note_names(const Json& value, const std::string& place, std::map<std::string, Json>& used) {
    if (value.is_string()) {
        const auto names = secrets_named_in(value.get_ref<const std::string&>());
        if (!names) return;
        for (const SecretName& name : *names) {
            Json& places = used.try_emplace(name.name, Json::array()).first->second;
            if (places.empty() || places.back() != place) places.push_back(place);
        }
    } else if (value.is_structured()) {
        for (const Json& inner : value) note_names(inner, place, used);
    }
}

/// Which workflows and sections of the configuration name which secret.
Result<std::map<std::string, Json>> uses(const SecurityParts& parts) {
    std::map<std::string, Json> used;
    for (const auto& [section, value] : parts.configuration.items()) {
        note_names(value, "configuration: " + section, used);
    }
    auto reader = SW_TRY(parts.readers.take());
    const auto workflows = SW_TRY(reader->workflows());
    for (const auto& found : workflows) {
        // Webhooks name theirs in the settings.
        for (const std::string& text : {found.version.definition, found.version.settings}) {
            if (!names_secret(text)) continue;
            const auto parsed = parse_json(text);
            if (parsed) note_names(*parsed, "workflow: " + found.workflow.name, used);
        }
    }
    return used;
}

Json view_of(const SecretSummary& secret) {
    return {{"name", secret.name},
            {"provider", secret.provider},
            {"place", secret.place},
            {"updated_at", secret.updated_at.empty() ? Json() : Json(secret.updated_at)},
            {"updated_by", secret.updated_by.empty() ? Json() : Json(secret.updated_by)}};
}

/// Who uses it is no part of this: it changes with workflows.
Result<Json> show(const SecurityParts& parts, const Call& call) {
    const std::string& name = call.path("secret");
    for (const SecretSummary& secret : parts.secrets.list()) {
        if (secret.name == name) return view_of(secret);
    }
    return fail(ErrorCode::not_found,
                "expected a secret '" + name.substr(0, 64) + "', but there is none");
}

Result<Json> list(const SecurityParts& parts) {
    auto used = SW_TRY(uses(parts));
    Json secrets = Json::array();
    for (const SecretSummary& secret : parts.secrets.list()) {
        const auto found = used.find(secret.name);
        secrets.push_back(view_of(secret));
        secrets.back()["used_by"] = found == used.end() ? Json::array() : found->second;
        used.erase(secret.name);
    }
    Json missing = Json::array();
    for (const auto& [name, places] : used) {
        missing.push_back({{"name", name}, {"used_by", places}});
    }
    return Json{{"items", std::move(secrets)}, {"missing", std::move(missing)}};
}

Result<Json> put(const SecurityParts& parts, const Call& call) {
    const std::string& name = call.path("secret");
    const Timestamp now = parts.clock.now();
    SW_TRY(parts.secrets.put(name, string_or(call.body(), "value", ""), who_is(call.principal()),
                             now, parts.write));
    return Json{{"name", name}, {"updated_at", to_iso8601(now)}};
}

Result<Json> remove(const SecurityParts& parts, const Call& call) {
    SW_TRY(parts.secrets.remove(call.path("secret"), parts.write));
    return Json();
}

}  // namespace

void add_secret_routes(Router& router, const SecurityParts& parts) {
    router.add({.method = "GET",
                .pattern = "/api/v1/secrets",
                .operation = "listSecrets",
                .role = Role::admin,
                .tag = "security",
                .summary = "The names of secrets, where they come from and who uses them",
                .description = "`missing`: those that a workflow or the configuration names, and "
                               "that are not there.",
                .query = page_parameters(),
                .answer = list_schema(R"json({"type": "object",
                    "required": ["name", "provider", "place", "updated_at", "updated_by",
                                 "used_by"],
                    "properties": {"name": {"type": "string"},
                    "provider": {"type": "string", "enum": ["store", "env", "file"]},
                    "place": {"type": "string"}, "updated_at": {"type": ["string", "null"]},
                    "updated_by": {"type": ["string", "null"]},
                    "used_by": {"type": "array", "items": {"type": "string"}}}})json",
                                      R"json(
                    "missing": {"type": "array", "items": {"type": "object",
                    "required": ["name", "used_by"], "properties": {"name": {"type": "string"},
                    "used_by": {"type": "array", "items": {"type": "string"}}}}},)json",
                                      R"json(, "missing")json"),
                .read = [parts](const Call& call) -> Result<Json> {
                    return page_of(call, SW_TRY(list(parts)), "name");
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/secrets/{secret}",
                .operation = "getSecret",
                .role = Role::admin,
                .tag = "security",
                .summary = "A secret, without its value",
                .answer = R"json({"type": "object",
                    "required": ["name", "provider", "place", "updated_at", "updated_by"],
                    "properties": {"name": {"type": "string"},
                    "provider": {"type": "string", "enum": ["store", "env", "file"]},
                    "place": {"type": "string"}, "updated_at": {"type": ["string", "null"]},
                    "updated_by": {"type": ["string", "null"]}}})json",
                .read = [parts](const Call& call) { return show(parts, call); }});
    router.add({.method = "PUT",
                .pattern = "/api/v1/secrets/{secret}",
                .operation = "putSecret",
                .role = Role::admin,
                .tag = "security",
                .summary = "Set a secret",
                .description = "It is kept encrypted; tasks that start from now on get the new "
                               "value. With the secret's ETag as If-Match it is a 412 where "
                               "somebody else has set it since.",
                .headers = precondition_headers("the secret"),
                .body = json_body(R"json({"type": "object", "additionalProperties": false,
                    "required": ["value"], "properties": {
                    "value": {"type": "string", "minLength": 4, "maxLength": 8192,
                    "writeOnly": true}}})json",
                                  true),
                .answer = R"json({"type": "object", "required": ["name", "updated_at"],
                    "properties": {"name": {"type": "string"},
                    "updated_at": {"type": "string", "format": "date-time"}}})json",
                .errors = {409, 412, 503},
                .act = replaced_later(parts, "secret", show, put)});
    router.add({.method = "DELETE",
                .pattern = "/api/v1/secrets/{secret}",
                .operation = "removeSecret",
                .role = Role::admin,
                .tag = "security",
                .summary = "Remove a secret",
                .status = 204,
                .errors = {404, 409, 503},
                .act = done_later(parts, remove)});
}

}  // namespace stepwell::api
