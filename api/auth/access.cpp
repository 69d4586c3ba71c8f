#include "api/auth/access.hpp"

#include "api/http/gate.hpp"

namespace stepwell::api {
namespace {

constexpr Duration kKeepUpInterval = std::chrono::minutes(5);

Refusal unknown() {
    return {401,
            "expected 'Authorization: Bearer' (or X-Stepwell-Token) with a token, or a session",
            "WWW-Authenticate: Bearer\r\n"};
}

/// Whether the request was sent to a name that only this machine has. Another name means a proxy,
/// and a proxy means others.
bool is_sent_to_loopback(const Request& request) {
    std::string_view host = request.header("Host");
    constexpr std::string_view kSyncPrefix = "sync-";
    if (host.starts_with(kSyncPrefix)) host.remove_prefix(kSyncPrefix.size());
    const auto address = parse_listen(host);
    return address && is_loopback(address->host) && is_loopback(request.peer());
}

bool is_safe(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

}  // namespace

Result<Principal, Refusal> Access::authenticate(const Request& request) const {
    const Timestamp now = clock_.now();
    std::string_view token = bearer_token(request.header("Authorization"));
    // For those whose Authorization has a signature of AWS.
    if (token.empty()) token = request.header("X-Stepwell-Token");
    if (!token.empty()) {
        if (!token_.empty() && equal_in_constant_time(token, token_)) {
            return Principal{Principal::Kind::daemon, "token", "token", Role::admin, "token"};
        }
        if (auto principal = identities_.by_token(token, now)) {
            keep_up(now);
            return *std::move(principal);
        }
    }
    const std::string_view cookie = session_cookie(request);
    if (token.empty() && !cookie.empty()) return by_session(request, cookie, now);
    if (!token_.empty() || identities_.is_anybody_known()) return fail(unknown());
    if (is_sent_to_loopback(request)) {
        return Principal{Principal::Kind::local, "open", "local", Role::admin, "none"};
    }
    return fail(unknown());
}

Result<Principal, Refusal> Access::by_session(const Request& request, std::string_view cookie,
                                              Timestamp now) const {
    auto found = identities_.by_session(cookie, now);
    if (!found) return fail(unknown());
    keep_up(now);
    const bool is_meant = is_safe(request.method()) ||
                          equal_in_constant_time(request.header("X-Stepwell-Csrf"), found->csrf);
    if (is_meant) return std::move(found->principal);
    return fail(Refusal{403,
                        "expected X-Stepwell-Csrf with the value that GET /api/v1/session gives, "
                        "for a session may be used by other web pages",
                        {}});
}

void Access::keep_up(Timestamp now) const {
    const std::int64_t before = kept_up_ms_;
    if (to_ms(now) - before < kKeepUpInterval.count()) return;
    kept_up_ms_ = to_ms(now);
    // Where there is no room it is done the next time.
    [[maybe_unused]] const bool is_posted = jobs_.post([&identities = identities_, now] {
        [[maybe_unused]] const auto ignored = identities.keep_up(now);
    });
}

std::string_view session_cookie(const Request& request) {
    std::string_view rest = request.header("Cookie");
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        std::string_view pair = rest.substr(0, end);
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.starts_with(kSessionCookie) && pair.substr(kSessionCookie.size(), 1) == "=") {
            return pair.substr(kSessionCookie.size() + 1);
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

}  // namespace stepwell::api
