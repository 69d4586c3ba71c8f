#include "api/router/openapi.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "api/http/problem.hpp"
#include "api/http/url.hpp"
#include "api/router/parameters.hpp"

namespace stepwell::api {
namespace {

Json parsed(const std::string& text) {
    auto document = parse_json(text);
    SW_ASSERT(document.has_value());
    return std::move(document).value();
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

/// Of a body that is asked for as server-sent events: as a text, or event by event.
constexpr const char* kEvents = R"json({"type": ["string", "object"], "properties": {
    "id": {"type": "string"}, "event": {"type": "string"},
    "data": {"type": "string", "description": "JSON"}}})json";

struct PathWord {
    std::string_view begin;  // of the pattern; empty: wherever it stands
    std::string_view name;
    const char* description;
    const char* example;
};

/// What a parameter of a path stands for. The first that fits.
constexpr std::array<PathWord, 12> kPathWords{{
    {"/api/v1/schedules", "id", "WORKFLOW#NAME with the '#' as %23, or WORKFLOW:NAME",
     "flights:daily"},
    {"/api/v1/triggers", "id", "WORKFLOW#NAME with the '#' as %23, or WORKFLOW:NAME", "flights:0"},
    {"/api/v1/tokens", "id", "of the token, as the list has it", "t-4f1c"},
    {"/api/v1/deliveries", "id", "of the delivery, as the list has it", "5b1c"},
    {"/api/v1/keys", "id", "of the access key, as the list has it", "AKIASTEPWELL"},
    {"/hooks", "name", "of the webhook, as the workflow's file has it", "orders"},
    {"", "run", "its number, its ARN, or WORKFLOW/NAME with the slash as %2F", "12"},
    {"", "workflow", "its name", "flights"},
    {"", "state", "the state's name", "Each month"},
    {"", "subject", "a workflow's name; else a run: its number, ARN, or WORKFLOW/NAME", "flights"},
    {"", "user", "the user's name", "ann"},
    {"", "secret", "the secret's name", "warehouse"},
}};

const PathWord& path_word(std::string_view pattern, std::string_view name) {
    const auto found = std::find_if(kPathWords.begin(), kPathWords.end(), [&](const auto& word) {
        return word.name == name && pattern.starts_with(word.begin);
    });
    static constexpr PathWord kUnknown{"", "", "as a list has it", "x"};
    return found == kPathWords.end() ? kUnknown : *found;
}

Json parameters_of(const Route& route) {
    Json out = Json::array();
    for (const std::string_view segment : split_path(route.pattern)) {
        if (segment.empty() || segment.front() != '{') continue;
        const std::string_view name = segment.substr(1, segment.size() - 2);
        const PathWord& word = path_word(route.pattern, name);
        out.push_back(
            {{"name", name},
             {"in", "path"},
             {"description", word.description},
             {"required", true},
             {"example", word.example},
             {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", kPathParameterMax}}}});
    }
    for (const Parameter& parameter : route.query) {
        Json item{{"name", parameter.name},
                  {"in", "query"},
                  {"description", parameter.description},
                  {"required", parameter.is_required},
                  {"schema", schema_of(parameter)}};
        if (parameter.is_list) {
            item["style"] = "form";
            item["explode"] = false;
        }
        out.push_back(std::move(item));
    }
    for (const Parameter& header : route.headers) {
        Json schema = schema_of(header);
        schema["minLength"] = 0;  // an empty one is none
        out.push_back({{"name", header.name},
                       {"in", "header"},
                       {"description", header.description},
                       {"required", false},
                       {"schema", std::move(schema)}});
    }
    return out;
}

Json body_of(const Body& body) {
    Json content = Json::object();
    if (body.kind == Body::Kind::json) {
        content["application/json"] = {{"schema", parsed(body.schema)}};
    }
    for (const std::string& type : body.media_types) {
        content[type] = {{"schema", {{"type", "string"}}}};
    }
    if (content.empty()) content["*/*"] = {{"schema", Json::object()}};
    return {{"required", body.is_required}, {"content", std::move(content)}};
}

std::set<unsigned> errors_of(const Route& route) {
    std::set<unsigned> out(route.errors.begin(), route.errors.end());
    if (route.handle) return out;
    const bool has_path = route.pattern.find('{') != std::string::npos;
    out.insert(400);
    if (route.role != Role::none) out.insert({401, 403});
    if (has_path) out.insert(404);
    if (route.pattern.find("{run}") != std::string::npos) out.insert(410);
    if (route.body.kind != Body::Kind::none) out.insert({413, 415});
    if (route.act) out.insert(503);
    return out;
}

using Schemas = std::map<std::string, Json>;

/// One object of the parts of an allOf: closed ones that are held against one value each would
/// refuse what the others have.
Json merged(Json schema, const Schemas& schemas) {
    const auto parts = schema.find("allOf");
    if (parts == schema.end()) return schema;
    const Json all = *parts;
    schema.erase("allOf");
    for (Json part : all) {
        if (const Json* reference = find(part, "$ref")) {
            const auto& text = reference->get_ref<const std::string&>();
            part = schemas.at(text.substr(text.rfind('/') + 1));
        }
        part = merged(std::move(part), schemas);
        schema["type"] = "object";
        for (const char* members : {"properties", "required"}) {
            const Json* own = find(part, members);
            if (!own) continue;
            if (own->is_object()) schema["properties"].update(*own);
            for (const Json& name : own->is_array() ? *own : Json::array()) {
                schema["required"].push_back(name);
            }
        }
    }
    return schema;
}

/// Closes every object that says which members it has and not whether it has others: who reads an
/// answer meets nothing that is not declared.
Json closed(Json schema, const Schemas& schemas) {
    if (!schema.is_object()) return schema;
    schema = merged(std::move(schema), schemas);
    const bool is_silent =
        schema.contains("properties") && !schema.contains("additionalProperties");
    if (is_silent) schema["additionalProperties"] = false;
    if (const auto members = schema.find("properties"); members != schema.end()) {
        for (auto& [name, member] : members->items()) member = closed(std::move(member), schemas);
    }
    for (const char* inner : {"items", "additionalProperties"}) {
        if (schema.contains(inner)) schema[inner] = closed(std::move(schema[inner]), schemas);
    }
    for (const char* parts : {"oneOf", "anyOf"}) {
        if (!schema.contains(parts)) continue;
        for (Json& part : schema[parts]) part = closed(std::move(part), schemas);
    }
    return schema;
}

/// Whether its answers have an entity tag.
bool has_tag(const Route& route) {
    return route.method == "GET" && !route.handle && route.status == 200 && !route.is_stream;
}

/// What comes beside the body. Every answer has the first.
Json headers_of(const Route& route, unsigned status) {
    const auto header = [](const char* description, Json schema) {
        return Json{{"description", description}, {"schema", std::move(schema)}};
    };
    const Json text{{"type", "string"}};
    Json out{{"X-Request-Id", header("under which the daemon's log has what failed within", text)}};
    if (status == 201) out["Location"] = header("where what was made is, if that is a run", text);
    if (has_tag(route) && (status == 200 || status == 304)) {
        out["ETag"] =
            header("of this answer: give it as If-None-Match, and what you have is a 304", text);
    }
    if (status == 429 || status == 503) {
        out["Retry-After"] = header("seconds after which to ask again, where that is known",
                                    {{"type", "integer"}, {"minimum", 0}});
    }
    return out;
}

Json success_of(const Route& route, unsigned status, const Schemas& schemas) {
    Json out{{"description", std::string(reason_phrase(status))},
             {"headers", headers_of(route, status)}};
    if (status == 204) return out;
    out["content"][route.answer_type]["schema"] = closed(parsed(route.answer), schemas);
    if (route.may_stream) out["content"]["text/event-stream"]["schema"] = parsed(kEvents);
    return out;
}

Json responses_of(const Route& route, const Schemas& schemas) {
    Json out = Json::object();
    out[std::to_string(route.status)] = success_of(route, route.status, schemas);
    if (has_tag(route)) {
        out["304"] = {{"description", std::string(reason_phrase(304))},
                      {"headers", headers_of(route, 304)}};
    }
    if (route.repeated != 0)
        out[std::to_string(route.repeated)] = success_of(route, route.repeated, schemas);
    for (const unsigned status : errors_of(route)) {
        Json& problem = out[std::to_string(status)];
        problem["description"] = std::string(reason_phrase(status));
        problem["headers"] = headers_of(route, status);
        problem["content"][std::string(kProblemType)]["schema"] = {
            {"$ref", "#/components/schemas/Problem"}};
    }
    return out;
}

Json operation_of(const Route& route, const Schemas& schemas) {
    Json out{{"operationId", route.operation}, {"summary", route.summary}};
    if (!route.description.empty()) out["description"] = route.description;
    if (!route.tag.empty()) out["tags"] = Json::array({route.tag});
    out["parameters"] = parameters_of(route);
    if (route.body.kind != Body::Kind::none) out["requestBody"] = body_of(route.body);
    out["responses"] = responses_of(route, schemas);
    out["x-role"] = name_of(route.role);
    if (route.role == Role::none) out["security"] = Json::array();
    return out;
}

Json security_schemes() {
    return *parse_json(R"({
        "token": {"type": "http", "scheme": "bearer"},
        "token_header": {"type": "apiKey", "in": "header", "name": "X-Stepwell-Token"},
        "session": {"type": "apiKey", "in": "cookie", "name": "stepwell_session",
            "description": "beside it X-Stepwell-Csrf, for all that is no GET: see csrf"},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-Stepwell-Csrf"}})");
}

}  // namespace

Json openapi_document(const std::vector<const Route*>& routes,
                      const std::map<std::string, Json>& schemas, std::string_view version) {
    Json paths = Json::object();
    for (const Route* route : routes) {
        paths[route->pattern][lower(route->method)] = operation_of(*route, schemas);
    }
    Json components = Json::object();
    components["Problem"] = parsed(R"({
        "type": "object", "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "description": "about:blank: see code"},
            "title": {"type": "string", "description": "of the status"},
            "status": {"type": "integer"},
            "code": {"type": "string", "description": "what a program goes by: invalid, unauthenticated, forbidden, not_found, method_not_allowed, conflict, gone, stale, body_too_large, unsupported_media_type, too_many_requests, unavailable, internal, io, corruption"},
            "detail": {"type": "string", "description": "what was wrong, for people"},
            "request_id": {"type": "string", "description": "as in the header X-Request-Id, and in the daemon's log"},
            "faults": {"type": "array", "description": "each of the things that are wrong", "items": {
                "type": "object", "required": ["pointer", "code", "message"], "properties": {
                    "pointer": {"type": "string", "description": "#/a/b in the body, ?name in the query, {name} in the path, ^Name in the headers"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "hint": {"type": "string"}}}}}})");
    for (const auto& [name, schema] : schemas) components[name] = closed(schema, schemas);
    return {{"openapi", "3.1.0"},
            {"info",
             {{"title", "Stepwell"},
              {"version", version},
              {"description",
               "Workflows, their runs, and what starts them. Every answer that is no success has "
               "the schema Problem. `x-role` is the least role that may call. What GET answers has "
               "an ETag, and with it as `If-None-Match` it is a 304 where nothing changed; with "
               "`Accept-Encoding: gzip` long answers are compressed."}}},
            {"servers", Json::array({{{"url", "/"}}})},
            {"security",
             *parse_json(R"([{"token": []}, {"token_header": []}, {"session": [], "csrf": []}])")},
            {"paths", std::move(paths)},
            {"components",
             {{"securitySchemes", security_schemes()}, {"schemas", std::move(components)}}}};
}

}  // namespace stepwell::api
