#include "api/auth/identity_records.hpp"

namespace stepwell::api {
namespace {

Json time_or_null(std::optional<Timestamp> at) {
    return at ? Json(to_ms(*at)) : Json();
}

Result<Json> object_in(const journal::DocumentRecord& record) {
    auto json = parse_json(record.value);
    if (json && json->is_object()) return json;
    return fail(ErrorCode::corruption,
                record.collection + "/" + record.key + ": expected a JSON object, but it is none");
}

/// Somebody whose role cannot be read may nothing.
Role role_in(const Json& json) {
    return role_named(string_or(json, "role", "")).value_or(Role::none);
}

}  // namespace

std::string to_document(const User& user) {
    return to_text(Json{{"role", name_of(user.role)},
                        {"is_disabled", user.is_disabled},
                        {"password", user.password_hash},
                        {"created_at", to_ms(user.created_at)},
                        {"created_by", user.created_by}});
}

std::string to_document(const ApiToken& token) {
    Json document{{"name", token.name},
                  {"owner", token.owner},
                  {"role", name_of(token.role)},
                  {"hash", token.hash},
                  {"created_at", to_ms(token.created_at)},
                  {"created_by", token.created_by},
                  {"expires_at", time_or_null(token.expires_at)},
                  {"last_used_at", time_or_null(token.last_used_at)}};
    if (token.is_access_key()) document["sealed_secret"] = token.sealed_secret;
    return to_text(document);
}

std::string to_document(const Session& session) {
    return to_text(Json{{"user", session.user},
                        {"csrf", session.csrf},
                        {"created_at", to_ms(session.created_at)},
                        {"used_at", to_ms(session.used_at)}});
}

Result<User> read_user(const journal::DocumentRecord& record) {
    const Json json = SW_TRY(object_in(record));
    User user;
    user.name = record.key;
    user.role = role_in(json);
    const Json* is_disabled = find(json, "is_disabled");
    user.is_disabled = is_disabled && is_disabled->is_boolean() && is_disabled->get<bool>();
    user.password_hash = string_or(json, "password", "");
    user.created_at = time_in(json, "created_at").value_or(Timestamp{});
    user.created_by = string_or(json, "created_by", "");
    return user;
}

Result<ApiToken> read_token(const journal::DocumentRecord& record) {
    const Json json = SW_TRY(object_in(record));
    ApiToken token;
    token.id = record.key;
    token.name = string_or(json, "name", "");
    token.owner = string_or(json, "owner", "");
    token.role = role_in(json);
    token.hash = string_or(json, "hash", "");
    token.sealed_secret = string_or(json, "sealed_secret", "");
    token.created_at = time_in(json, "created_at").value_or(Timestamp{});
    token.created_by = string_or(json, "created_by", "");
    token.expires_at = time_in(json, "expires_at");
    token.last_used_at = time_in(json, "last_used_at");
    return token;
}

Result<Session> read_session(const journal::DocumentRecord& record) {
    const Json json = SW_TRY(object_in(record));
    Session session;
    session.user = string_or(json, "user", "");
    session.csrf = string_or(json, "csrf", "");
    session.created_at = time_in(json, "created_at").value_or(Timestamp{});
    session.used_at = time_in(json, "used_at").value_or(Timestamp{});
    return session;
}

}  // namespace stepwell::api
