// API tokens and access keys: everybody may make some of their own, with no more than their own
// role; an admin sees all, and makes them for others.
#include "api/auth/routes.hpp"
#include "api/router/paging.hpp"

namespace stepwell::api {
namespace {

constexpr const char* kNewCredential = R"json({"type": "object", "additionalProperties": false,
                    "required": ["name"], "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 64},
                    "owner": {"type": "string", "maxLength": 64},
                    "role": {"type": "string", "enum": ["viewer", "operator", "editor", "admin"]},
                    "expires_at": {"type": "string", "format": "date-time", "maxLength": 64}}})json";

Json time_or_null(std::optional<Timestamp> at) {
    return at ? Json(to_iso8601(*at)) : Json();
}

Json view_of(const ApiToken& token) {
    return {{"id", token.id},
            {"name", token.name},
            {"owner", token.owner},
            {"role", name_of(token.role)},
            {"created_at", to_iso8601(token.created_at)},
            {"created_by", token.created_by},
            {"expires_at", time_or_null(token.expires_at)},
            {"last_used_at", time_or_null(token.last_used_at)}};
}

/// A service sees the token that it is, an access key itself.
bool may_see(const Principal& principal, const ApiToken& token) {
    const bool is_credential =
        principal.kind == Principal::Kind::service || principal.kind == Principal::Kind::access_key;
    const bool is_itself = is_credential && token.id == principal.id;
    return principal.role == Role::admin || is_itself || principal.is_user(token.owner);
}

/// Who owns the tokens that this principal makes for itself. Nothing where it may make none: what
/// belongs to no user has only what an admin gave it.
std::optional<std::string> owner_for(const Principal& principal) {
    if (principal.kind == Principal::Kind::user) return principal.id;
    if (principal.role != Role::admin) return std::nullopt;
    const bool is_by_open_door =
        principal.kind == Principal::Kind::local && principal.id != kLocalAdmin;
    return is_by_open_door ? kOpenOwner : kServiceOwner;
}

Result<std::optional<Timestamp>> expiry_in(const Json& body) {
    const std::string text = string_or(body, "expires_at", "");
    if (text.empty()) return std::optional<Timestamp>();
    const auto instant = parse_rfc3339(text);
    if (!instant) {
        return fail(ErrorCode::invalid,
                    "expected 'expires_at' to be a time such as 2030-01-02T03:04:05Z, but got '" +
                        text.substr(0, 64) + "'");
    }
    return std::optional(from_ms(instant->seconds * 1'000));
}

/// What the body asks for, where the principal may have it.
Result<TokenSpec> spec_in(const Call& call) {
    const Principal& principal = call.principal();
    const Json& body = call.body();
    TokenSpec spec;
    spec.name = string_or(body, "name", "");
    const auto own = owner_for(principal);
    if (!own) {
        return fail(ErrorCode::invalid,
                    "expected a user or an admin to make tokens and keys, but '" +
                        principal.display + "' belongs to no user");
    }
    spec.owner = string_or(body, "owner", *own);
    spec.role = role_named(string_or(body, "role", name_of(principal.role))).value_or(Role::none);
    spec.expires_at = SW_TRY(expiry_in(body));
    const bool is_for_other = spec.owner != *own;
    if (spec.role > principal.role || (is_for_other && principal.role != Role::admin)) {
        return fail(ErrorCode::invalid, "expected one of your own with a role of at most " +
                                            std::string(name_of(principal.role)) +
                                            "; an admin may make others");
    }
    return spec;
}

Result<Json> add_token(const SecurityParts& parts, const Call& call) {
    const TokenSpec spec = SW_TRY(spec_in(call));
    const auto made =
        SW_TRY(parts.identities.add_token(spec, who_is(call.principal()), parts.clock.now()));
    Json view = view_of(made.token);
    view["token"] = made.text;
    return view;
}

Result<Json> add_key(const SecurityParts& parts, const Call& call) {
    const TokenSpec spec = SW_TRY(spec_in(call));
    const auto made =
        SW_TRY(parts.identities.add_access_key(spec, who_is(call.principal()), parts.clock.now()));
    Json view = view_of(made.token);
    view["secret"] = made.text;
    return view;
}

Json list_of(const SecurityParts& parts, const Call& call, bool is_of_keys) {
    Json found = Json::array();
    for (const ApiToken& token : parts.identities.tokens()) {
        const bool is_wanted = token.is_access_key() == is_of_keys;
        if (is_wanted && may_see(call.principal(), token)) found.push_back(view_of(token));
    }
    return found;
}

Result<Json> remove_token(const SecurityParts& parts, const Call& call) {
    const std::string& id = call.path("id");
    for (const ApiToken& token : parts.identities.tokens()) {
        if (token.id != id || !may_see(call.principal(), token)) continue;
        SW_TRY(parts.identities.remove_token(id));
        return Json();
    }
    return fail(ErrorCode::not_found, "expected the id of a token of yours, but there is none '" +
                                          id.substr(0, 64) + "'");
}

}  // namespace

void add_token_routes(Router& router, const SecurityParts& parts) {
    router.add_schema("Token", R"json({"type": "object",
        "required": ["id", "name", "owner", "role", "created_at", "created_by", "expires_at",
                     "last_used_at"],
        "properties": {"id": {"type": "string"}, "name": {"type": "string"},
        "owner": {"type": "string"}, "role": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"}, "created_by": {"type": "string"},
        "expires_at": {"type": ["string", "null"]}, "last_used_at": {"type": ["string", "null"]},
        "token": {"type": "string"}, "secret": {"type": "string"}}})json");
    router.add({.method = "GET",
                .pattern = "/api/v1/tokens",
                .operation = "listTokens",
                .role = Role::viewer,
                .tag = "security",
                .summary = "One's own API tokens; of an admin all",
                .query = page_parameters(),
                .answer = list_schema(R"({"$ref": "#/components/schemas/Token"})"),
                .read = [parts](const Call& call) -> Result<Json> {
                    return page_of(call, Json{{"items", list_of(parts, call, false)}}, "id");
                }});
    router.add({.method = "POST",
                .pattern = "/api/v1/tokens",
                .operation = "createToken",
                .role = Role::viewer,
                .tag = "security",
                .summary = "Make an API token",
                .description = "`token` in the answer is the token itself: it is shown this once.",
                .body = json_body(kNewCredential, true),
                .answer = R"({"$ref": "#/components/schemas/Token"})",
                .status = 201,
                .errors = {404, 503},
                .act = done_later(parts, add_token)});
    router.add({.method = "DELETE",
                .pattern = "/api/v1/tokens/{id}",
                .operation = "revokeToken",
                .role = Role::viewer,
                .tag = "security",
                .summary = "Revoke an API token",
                .status = 204,
                .errors = {404, 503},
                .act = done_later(parts, remove_token)});
}

void add_key_routes(Router& router, const SecurityParts& parts) {
    router.add({.method = "GET",
                .pattern = "/api/v1/keys",
                .operation = "listKeys",
                .role = Role::viewer,
                .tag = "security",
                .summary = "One's own access keys; of an admin all",
                .query = page_parameters(),
                .answer = list_schema(R"({"$ref": "#/components/schemas/Token"})"),
                .read = [parts](const Call& call) -> Result<Json> {
                    return page_of(call, Json{{"items", list_of(parts, call, true)}}, "id");
                }});
    router.add({.method = "POST",
                .pattern = "/api/v1/keys",
                .operation = "createKey",
                .role = Role::viewer,
                .tag = "security",
                .summary = "Make an access key for AWS clients",
                .description = "`id` is the access key's id, `secret` its secret: it is shown this "
                               "once, and requests are signed with it (Signature Version 4).",
                .body = json_body(kNewCredential, true),
                .answer = R"({"$ref": "#/components/schemas/Token"})",
                .status = 201,
                .errors = {404, 503},
                .act = done_later(parts, add_key)});
    router.add({.method = "DELETE",
                .pattern = "/api/v1/keys/{id}",
                .operation = "removeKey",
                .role = Role::viewer,
                .tag = "security",
                .summary = "Remove an access key",
                .status = 204,
                .errors = {404, 503},
                .act = done_later(parts, remove_token)});
}

}  // namespace stepwell::api
