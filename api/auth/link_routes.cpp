// Sessions as a list, and links that make one.
//
// Links that sign a browser in without a password: who can read the admin's token, or is a user,
// has one made and opens it.
#include "api/auth/routes.hpp"
#include "api/http/problem.hpp"
#include "api/router/paging.hpp"

namespace stepwell::api {
namespace {

Result<Json> make_link(const SecurityParts& parts, const Call& call) {
    const Principal& principal = call.principal();
    const bool is_admin = principal.kind == Principal::Kind::local && principal.id == kLocalAdmin;
    if (!is_admin && principal.kind != Principal::Kind::user) {
        return fail(ErrorCode::conflict,
                    "expected a user, or who may read the data folder, to sign a browser in; "
                    "under --open a browser needs no link");
    }
    const Timestamp now = parts.clock.now();
    return Json{{"path", parts.links.make(principal, now)},
                {"expires_at", to_iso8601(now + kLinkAge)}};
}

void open_link(const SecurityParts& parts, const Call& call) {
    const Timestamp now = parts.clock.now();
    const auto principal = parts.links.take(call.text("code").value_or(""), now);
    if (!principal) {
        return call.respond(problem(410,
                                    "expected a link that is new: this one was used, is too old, "
                                    "or the daemon has started again; `stepwell open` makes "
                                    "another"));
    }
    const auto session = parts.identities.sign_in_as(*principal, now);
    if (!session) return call.answer(fail(session.error()));
    Response response;
    response.status = 303;
    response.headers = session_cookie_line(call.request(), session->cookie, kSessionAge) +
                       "Location: /\r\nCache-Control: no-store\r\n"
                       "Referrer-Policy: no-referrer\r\n";
    call.respond(std::move(response));
}

/// Whose sessions these are: a user's name, or kLocalSession. Nothing for who has none.
std::optional<std::string> session_owner(const Principal& principal) {
    if (principal.kind == Principal::Kind::user) return principal.id;
    const bool is_admin = principal.kind == Principal::Kind::local && principal.id == kLocalAdmin;
    return is_admin ? std::optional<std::string>(kLocalSession) : std::nullopt;
}

Json sessions_view(const SecurityParts& parts, const Principal& principal) {
    const auto owner = session_owner(principal);
    const bool sees_all = principal.role == Role::admin;
    Json sessions = Json::array();
    if (!owner && !sees_all) return sessions;
    for (const auto& [id, session] : parts.identities.sessions(sees_all ? "" : *owner)) {
        sessions.push_back({{"id", id},
                            {"user", session.user},
                            {"created_at", to_iso8601(session.created_at)},
                            {"used_at", to_iso8601(session.used_at)}});
    }
    return sessions;
}

Result<Json> end_sessions(const SecurityParts& parts, const Call& call) {
    const auto owner = session_owner(call.principal());
    const std::string user = call.text("user").value_or(owner.value_or(""));
    const bool is_own = owner && user == *owner;
    if (user.empty() || (!is_own && call.principal().role != Role::admin)) {
        return fail(ErrorCode::invalid,
                    "expected sessions of your own; an admin may end those of others");
    }
    return Json{{"ended", SW_TRY(parts.identities.end_sessions(user))}};
}

void add_list_routes(Router& router, const SecurityParts& parts) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/sessions",
         .operation = "listSessions",
         .role = Role::viewer,
         .tag = "security",
         .summary = "One's own sessions; of an admin all",
         .description = "`user` is \"local\" for who owns the data folder.",
         .query = page_parameters(),
         .answer = list_schema(R"json({"type": "object",
                    "required": ["id", "user", "created_at", "used_at"], "properties": {
                    "id": {"type": "string"}, "user": {"type": "string"},
                    "created_at": {"type": "string", "format": "date-time"},
                    "used_at": {"type": "string", "format": "date-time"}}})json"),
         .read = [parts](const Call& call) -> Result<Json> {
             return page_of(call, Json{{"items", sessions_view(parts, call.principal())}}, "id");
         }});
    router.add({.method = "DELETE",
                .pattern = "/api/v1/sessions",
                .operation = "endSessions",
                .role = Role::viewer,
                .tag = "security",
                .summary = "Sign out everywhere",
                .query = {text_parameter("user", "whose sessions end; one's own by default")},
                .answer = R"json({"type": "object", "required": ["ended"],
                    "properties": {"ended": {"type": "integer"}}})json",
                .errors = {503},
                .act = done_later(parts, end_sessions)});
}

}  // namespace

void add_link_routes(Router& router, const SecurityParts& parts) {
    add_list_routes(router, parts);
    router.add({.method = "POST",
                .pattern = "/api/v1/session/link",
                .operation = "createSignInLink",
                .role = Role::viewer,
                .tag = "security",
                .summary = "Make a link that signs a browser in",
                .description = "`path` is good once, for ten minutes: whoever opens it has a "
                               "session of who made it.",
                .answer = R"json({"type": "object", "required": ["path", "expires_at"],
                    "properties": {"path": {"type": "string"},
                    "expires_at": {"type": "string", "format": "date-time"}}})json",
                .errors = {409, 503},
                .act = done_later(parts, make_link)});
    router.add({.method = "GET",
                .pattern = "/sign-in",
                .operation = "openSignInLink",
                .role = Role::none,
                .tag = "security",
                .summary = "Sign in by a link",
                .query = {text_parameter("code", "as the link says it")},
                .errors = {410, 503},
                .act = [parts](const Call& call) {
                    // Who only looks at the headers does not use the link up.
                    if (call.request().method() != "GET") return call.respond(Response{});
                    const bool is_posted =
                        parts.jobs.post([parts, call] { open_link(parts, call); });
                    if (!is_posted) call.respond(problem(503, "expected less to do"));
                }});
}

}  // namespace stepwell::api
