// Signing in and out, for the dashboard.
#include <algorithm>

#include "api/auth/routes.hpp"
#include "api/http/problem.hpp"
#include "api/router/preconditions.hpp"

namespace stepwell::api {
namespace {

Failure<Error> too_busy() {
    return fail(ErrorCode::unavailable, "expected less to do; try again in a moment");
}

/// On the thread of jobs, once the password was right.
void finish_sign_in(const SecurityParts& parts, const Call& call, const std::string& hash) {
    const std::string name = string_or(call.body(), "name", "");
    const std::string password = string_or(call.body(), "password", "");
    auto session = parts.identities.sign_in(name, password, hash, parts.clock.now());
    if (!session) return call.answer(fail(std::move(session).error()));
    if (!*session) return call.respond(problem(401, "expected a user's name and password"));
    parts.limit.succeeded(call.request().peer(), name);
    const auto user = parts.identities.user(name);
    Response response;
    response.headers = session_cookie_line(call.request(), (*session)->cookie, kSessionAge);
    response.body = to_text(Json{{"name", name},
                                 {"kind", name_of(Principal::Kind::user)},
                                 {"id", name},
                                 {"role", name_of(user ? user->role : Role::viewer)},
                                 {"credential", "session"},
                                 {"csrf", (*session)->csrf},
                                 {"expires_at", to_iso8601(parts.clock.now() + kSessionAge)}});
    call.respond(std::move(response));
}

void sign_in(const SecurityParts& parts, const Call& call) {
    const std::string name = string_or(call.body(), "name", "");
    const std::string password = string_or(call.body(), "password", "");
    const std::string peer = call.request().peer();
    const Timestamp now = parts.clock.now();
    if (const auto wait = parts.limit.wait(peer, name, now))
        return call.respond(too_often("fewer failures", *wait));
    const auto hash = parts.identities.check_password(name, password);
    if (!hash) {
        parts.limit.failed(peer, name, now);
        return call.respond(problem(401, "expected a user's name and password"));
    }
    const bool is_posted =
        parts.jobs.post([parts, call, hash = *hash] { finish_sign_in(parts, call, hash); });
    if (!is_posted) call.respond(too_often("fewer failures", Duration{1'000}));
}

/// How one may come in, for a page that asks who does: nothing of who there is.
Json ways_view(const SecurityParts& parts) {
    const auto users = parts.identities.users();
    const bool has_password = std::any_of(users.begin(), users.end(), [](const User& user) {
        return !user.is_disabled && !user.password_hash.empty();
    });
    Json ways = Json::array();
    if (parts.is_open) ways.push_back("open");
    if (has_password) ways.push_back("password");
    ways.push_back("link");
    return Json{{"ways", std::move(ways)}};
}

Json session_view(const SecurityParts& parts, const Call& call) {
    const auto signed_in =
        parts.identities.by_session(session_cookie(call.request()), parts.clock.now());
    const Principal& principal = call.principal();
    const bool is_session = signed_in && principal.credential == "session";
    return {{"name", principal.display},
            {"kind", name_of(principal.kind)},
            {"id", principal.id},
            {"role", name_of(principal.role)},
            {"credential", principal.credential},
            {"csrf", is_session ? Json(signed_in->csrf) : Json()},
            {"expires_at", is_session ? Json(to_iso8601(signed_in->expires_at)) : Json()}};
}

void sign_out(const SecurityParts& parts, const Call& call) {
    const std::string cookie(session_cookie(call.request()));
    if (cookie.empty()) return call.answer(Json{{"signed_out", false}});
    auto done = parts.identities.sign_out(cookie);
    if (!done) return call.answer(fail(std::move(done).error()));
    Response response;
    response.headers = session_cookie_line(call.request(), "", Duration{});
    response.body = to_text(Json{{"signed_out", true}});
    call.respond(std::move(response));
}

Result<Json> change_password(const SecurityParts& parts, const Call& call) {
    const std::string& name = call.principal().id;
    const std::string peer = call.request().peer();
    const Timestamp now = parts.clock.now();
    const bool is_user = call.principal().kind == Principal::Kind::user;
    if (!is_user || call.principal().credential != "session") {
        return fail(ErrorCode::conflict,
                    "expected a user's session; sign in to change your password");
    }
    if (parts.limit.wait(peer, name, now)) {
        return fail(ErrorCode::unavailable, "expected fewer failures; try again later");
    }
    const std::string old = string_or(call.body(), "old_password", "");
    if (!parts.identities.check_password(name, old)) {
        parts.limit.failed(peer, name, now);
        return fail(ErrorCode::invalid, "expected 'old_password' to be your password");
    }
    UserChange change;
    change.password = string_or(call.body(), "new_password", "");
    SW_TRY(parts.identities.change_user(name, change));
    return Json{{"name", name}};
}

}  // namespace

std::string session_cookie_line(const Request& request, std::string_view value, Duration age) {
    const bool is_secure = request.header("Origin").starts_with("https://");
    return "Set-Cookie: " + std::string(kSessionCookie) + "=" + std::string(value) +
           "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(age.count() / 1'000) +
           (is_secure ? "; Secure" : "") + "\r\n";
}

std::function<void(Call)> done_later(const SecurityParts& parts, Work work) {
    return [parts, work](const Call& call) {
        const bool is_posted =
            parts.jobs.post([parts, work, call] { call.answer(work(parts, call)); });
        if (!is_posted) call.answer(too_busy());
    };
}

std::function<void(Call)> replaced_later(const SecurityParts& parts, std::string parameter,
                                         Work view, Work work) {
    return [parts, parameter = std::move(parameter), view, work](const Call& call) {
        const bool is_posted = parts.jobs.post([parts, parameter, view, work, call] {
            auto refusal = unmet_precondition(call, call.path(parameter), view(parts, call));
            if (refusal) return call.respond(*std::move(refusal));
            call.answer(work(parts, call));
        });
        if (!is_posted) call.answer(too_busy());
    };
}

namespace {

void add_password_route(Router& router, const SecurityParts& parts) {
    router.add({.method = "POST",
                .pattern = "/api/v1/session/password",
                .operation = "changePassword",
                .role = Role::viewer,
                .tag = "security",
                .summary = "Change one's own password",
                .body = json_body(R"json({"type": "object", "additionalProperties": false,
                    "required": ["old_password", "new_password"], "properties": {
                    "old_password": {"type": "string", "maxLength": 1024,
                    "writeOnly": true},
                    "new_password": {"type": "string", "minLength": 8, "maxLength": 1024,
                    "writeOnly": true}}})json",
                                  true),
                .answer = R"json({"type": "object", "required": ["name"],
                    "properties": {"name": {"type": "string"}}})json",
                .errors = {409, 503},
                .act = done_later(parts, change_password)});
}

}  // namespace

void add_session_routes(Router& router, const SecurityParts& parts) {
    router.add_schema("Session", R"json({"type": "object",
        "required": ["name", "kind", "id", "role", "credential", "csrf", "expires_at"], "properties": {
        "name": {"type": "string"}, "kind": {"type": "string",
        "enum": ["nobody", "user", "service", "access_key", "daemon", "local"]},
        "id": {"type": "string"}, "role": {"type": "string"}, "credential": {"type": "string"},
        "csrf": {"type": ["string", "null"]},
        "expires_at": {"type": ["string", "null"],
        "description": "of a session, at the latest: unused for 12 hours it ends earlier"}}})json");
    const std::string answer = R"({"$ref": "#/components/schemas/Session"})";
    router.add({.method = "POST",
                .pattern = "/api/v1/session",
                .operation = "signIn",
                .role = Role::none,
                .tag = "security",
                .summary = "Sign in",
                .description = "Sets a cookie. `csrf` has to be in the header X-Stepwell-Csrf of "
                               "every request of the session that changes something.",
                .body = at_most(4u << 10,
                                json_body(R"json({"type": "object", "additionalProperties": false,
                    "required": ["name", "password"], "properties": {
                    "name": {"type": "string", "maxLength": 64},
                    "password": {"type": "string", "maxLength": 1024,
                    "writeOnly": true}}})json",
                                          true)),
                .answer = answer,
                .errors = {401, 429},
                .act = [parts](const Call& call) {
                    const bool is_posted =
                        parts.password_jobs.post([parts, call] { sign_in(parts, call); });
                    if (!is_posted) call.respond(too_often("fewer failures", Duration{1'000}));
                }});
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/session",
         .operation = "getSession",
         .role = Role::viewer,
         .tag = "security",
         .summary = "Who asks",
         .answer = answer,
         .read = [parts](const Call& call) -> Result<Json> { return session_view(parts, call); }});
    router.add({.method = "GET",
                .pattern = "/api/v1/session/ways",
                .operation = "listSignInWays",
                .role = Role::none,
                .tag = "security",
                .summary = "How one may sign in, for a page that asks who does",
                .description = "password: POST /session; link: `stepwell open` prints one; open: "
                               "whoever calls from the machine itself is let in without.",
                .answer = R"json({"type": "object", "required": ["ways"], "properties": {
                    "ways": {"type": "array", "items": {"type": "string",
                    "enum": ["open", "password", "link"]}}}})json",
                .read = [parts](const Call&) -> Result<Json> { return ways_view(parts); }});
    router.add({.method = "DELETE",
                .pattern = "/api/v1/session",
                .operation = "signOut",
                .role = Role::viewer,
                .tag = "security",
                .summary = "Sign out",
                .answer = R"json({"type": "object", "required": ["signed_out"], "properties": {
                    "signed_out": {"type": "boolean", "description": "false: there was no session"}}})json",
                .errors = {503},
                .act = [parts](const Call& call) {
                    const bool is_posted =
                        parts.jobs.post([parts, call] { sign_out(parts, call); });
                    if (!is_posted) call.respond(too_often("fewer failures", Duration{1'000}));
                }});
    add_password_route(router, parts);
}

void add_security_routes(Router& router, const SecurityParts& parts) {
    add_session_routes(router, parts);
    add_link_routes(router, parts);
    add_user_routes(router, parts);
    add_token_routes(router, parts);
    add_key_routes(router, parts);
    add_secret_routes(router, parts);
    add_audit_routes(router, parts);
}

}  // namespace stepwell::api
