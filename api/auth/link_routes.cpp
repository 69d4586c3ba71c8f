// Links that sign a browser in without a password: who can read the admin's token, or is a user,
// has one made and opens it.
#include "api/auth/routes.hpp"
#include "api/http/problem.hpp"

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
        return call.respond(problem(403,
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

}  // namespace

void add_link_routes(Router& router, const SecurityParts& parts) {
    router.add({.method = "POST",
                .pattern = "/api/v1/session/link",
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
                .role = Role::none,
                .tag = "security",
                .summary = "Sign in by a link",
                .query = {text_parameter("code", "as the link says it")},
                .errors = {403, 503},
                .act = [parts](const Call& call) {
                    // Who only looks at the headers does not use the link up.
                    if (call.request().method() != "GET") return call.respond(Response{});
                    const bool is_posted =
                        parts.jobs.post([parts, call] { open_link(parts, call); });
                    if (!is_posted) call.respond(problem(503, "expected less to do"));
                }});
}

}  // namespace stepwell::api
