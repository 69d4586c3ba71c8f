// Users: for admins.
#include "api/auth/routes.hpp"
#include "api/router/paging.hpp"
#include "api/router/preconditions.hpp"

namespace stepwell::api {
namespace {

Json view_of(const User& user) {
    return {{"name", user.name},
            {"role", name_of(user.role)},
            {"disabled", user.is_disabled},
            {"password_set", !user.password_hash.empty()},
            {"created_at", to_iso8601(user.created_at)},
            {"created_by", user.created_by}};
}

std::optional<Role> role_in(const Json& body) {
    return role_named(string_or(body, "role", ""));
}

Result<Json> show_user(const SecurityParts& parts, const Call& call) {
    const std::string& name = call.path("user");
    const auto user = parts.identities.user(name);
    if (user) return view_of(*user);
    return fail(ErrorCode::not_found,
                "expected a user '" + name.substr(0, 64) + "', but there is none");
}

Result<Json> add_user(const SecurityParts& parts, const Call& call) {
    const Json& body = call.body();
    const User user = SW_TRY(parts.identities.add_user(
        string_or(body, "name", ""), string_or(body, "password", ""),
        role_in(body).value_or(Role::viewer), who_is(call.principal()), parts.clock.now()));
    return view_of(user);
}

Result<Json> change_user(const SecurityParts& parts, const Call& call) {
    UserChange change;
    change.role = role_in(call.body());
    if (const Json* password = find(call.body(), "password")) {
        change.password = password->get<std::string>();
    }
    if (const Json* is_disabled = find(call.body(), "disabled")) {
        change.is_disabled = is_disabled->get<bool>();
    }
    const User user = SW_TRY(parts.identities.change_user(call.path("user"), change));
    return view_of(user);
}

Result<Json> remove_user(const SecurityParts& parts, const Call& call) {
    SW_TRY(parts.identities.remove_user(call.path("user")));
    return Json();
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): a table of routes
void add_user_routes(Router& router, const SecurityParts& parts) {
    router.add_schema("User", R"json({"type": "object",
        "required": ["name", "role", "disabled", "password_set", "created_at", "created_by"],
        "properties": {"name": {"type": "string"},
        "role": {"type": "string", "enum": ["viewer", "operator", "editor", "admin"]},
        "disabled": {"type": "boolean"}, "password_set": {"type": "boolean"},
        "created_at": {"type": "string", "format": "date-time"},
        "created_by": {"type": "string"}}})json");
    const std::string answer = R"({"$ref": "#/components/schemas/User"})";
    router.add({.method = "GET",
                .pattern = "/api/v1/users",
                .operation = "listUsers",
                .role = Role::admin,
                .tag = "security",
                .summary = "All users",
                .query = page_parameters(),
                .answer = list_schema(R"({"$ref": "#/components/schemas/User"})"),
                .read = [parts](const Call& call) -> Result<Json> {
                    Json users = Json::array();
                    for (const User& user : parts.identities.users()) {
                        users.push_back(view_of(user));
                    }
                    return page_of(call, Json{{"items", std::move(users)}}, "name");
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/users/{user}",
                .operation = "getUser",
                .role = Role::admin,
                .tag = "security",
                .summary = "A user",
                .answer = answer,
                .read = [parts](const Call& call) { return show_user(parts, call); }});
    router.add({.method = "POST",
                .pattern = "/api/v1/users",
                .operation = "addUser",
                .role = Role::admin,
                .tag = "security",
                .summary = "Add a user",
                .description = "The first one has to be an admin with a password: from then on "
                               "every request needs a credential.",
                .body = json_body(R"json({"type": "object", "additionalProperties": false,
                    "required": ["name", "role"], "properties": {
                    "name": {"type": "string", "pattern": "^[0-9A-Za-z._@-]{1,64}$"},
                    "role": {"type": "string", "enum": ["viewer", "operator", "editor", "admin"]},
                    "password": {"type": "string", "minLength": 8, "maxLength": 1024,
                    "writeOnly": true}}})json",
                                  true),
                .answer = answer,
                .status = 201,
                .errors = {409, 503},
                .act = done_later(parts, add_user)});
    router.add({.method = "PATCH",
                .pattern = "/api/v1/users/{user}",
                .operation = "changeUser",
                .role = Role::admin,
                .tag = "security",
                .summary = "Change a user's role or password, or disable them",
                .description = "With the user's ETag as If-Match it is a 412 where somebody else "
                               "has changed them since.",
                .headers = precondition_headers("the user"),
                .body = json_body(R"json({"type": "object", "additionalProperties": false,
                    "properties": {
                    "role": {"type": "string", "enum": ["viewer", "operator", "editor", "admin"]},
                    "password": {"type": "string", "minLength": 8, "maxLength": 1024,
                    "writeOnly": true},
                    "disabled": {"type": "boolean"}}})json",
                                  true),
                .answer = answer,
                .errors = {404, 409, 412, 503},
                .act = replaced_later(parts, "user", show_user, change_user)});
    router.add({.method = "DELETE",
                .pattern = "/api/v1/users/{user}",
                .operation = "removeUser",
                .role = Role::admin,
                .tag = "security",
                .summary = "Remove a user, with all tokens and sessions",
                .status = 204,
                .errors = {404, 409, 503},
                .act = done_later(parts, remove_user)});
}

}  // namespace stepwell::api
