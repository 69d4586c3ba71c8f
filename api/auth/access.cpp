#include "api/auth/access.hpp"

#include <algorithm>
#include <array>

#include "api/auth/sigv4.hpp"
#include "api/http/gate.hpp"

namespace stepwell::api {
namespace {

constexpr Duration kKeepUpInterval = std::chrono::minutes(5);

Refusal unknown() {
    return {
        401,
        "expected a credential: 'Authorization: Bearer' (or X-Stepwell-Token) with a token, or a "
        "session",
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

/// A proxy on this machine calls from the loopback for others, and may send the loopback's name.
bool has_come_through_proxy(const Request& request) {
    constexpr std::array<std::string_view, 9> kTold{
        "Forwarded",         "X-Forwarded-For",  "X-Forwarded-Host",
        "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
        "X-Real-IP",         "X-Client-IP",      "Via"};
    return std::any_of(kTold.begin(), kTold.end(),
                       [&](std::string_view name) { return !request.header(name).empty(); });
}

std::optional<SignatureClaim> claim_in(const Request& request) {
    return read_signature(request.header("Authorization"));
}

bool is_safe(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

}  // namespace

Result<Principal, Refusal> Access::authenticate(const Request& request) const {
    const Timestamp now = clock_.now();
    const std::string_view link = request.header(kCallbackLinkHeader);
    if (!link.empty()) return by_link(request, link, now);
    std::string_view token = bearer_token(request.header("Authorization"));
    // For those whose Authorization has a signature of AWS.
    if (token.empty()) token = request.header("X-Stepwell-Token");
    if (!token.empty()) {
        if (auto principal = by_token(token, now)) return *std::move(principal);
        return by_nothing(request);
    }
    if (const auto claim = claim_in(request)) {
        const auto holder = identities_.by_access_key(claim->key_id, now);
        if (!holder) return by_nothing(request);
        keep_up(now);
        return holder->principal;
    }
    const std::string_view cookie = session_cookie(request);
    if (cookie.empty()) return by_nothing(request);
    auto found = by_session(request, cookie, now);
    const bool is_unknown = !found && found.error().status == 401;
    return is_unknown ? by_nothing(request) : std::move(found);
}

Result<Principal, Refusal> Access::by_link(const Request& request, std::string_view link,
                                           Timestamp now) const {
    auto holder = links_.read(link, now);
    if (holder || holder.error().status != 401) return holder;
    const std::string who = "a link";
    // Only who shows none that is good waits: a seal cannot be guessed, and others may come from
    // the same place.
    if (const auto wait = limit_.wait(request.peer(), who, now)) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
        return fail(Refusal{
            429,
            "expected fewer links that are none; try again in " + std::to_string(seconds) + " s",
            "Retry-After: " + std::to_string(seconds) + "\r\n"});
    }
    limit_.failed(request.peer(), who, now);
    return holder;
}

std::optional<Principal> Access::by_token(std::string_view token, Timestamp now) const {
    using Kind = Principal::Kind;
    const std::string& own = settings_.daemon_token;
    if (!own.empty() && equal_in_constant_time(token, own)) {
        return Principal{Kind::daemon, "token", "token", Role::admin, "token"};
    }
    const std::string& admin = settings_.admin_token;
    if (!admin.empty() && equal_in_constant_time(token, admin)) {
        return Principal{Kind::local, kLocalAdmin, "local", Role::admin, "admin token"};
    }
    auto principal = identities_.by_token(token, now);
    if (principal) keep_up(now);
    return principal;
}

std::optional<std::string> Access::check_signature(const Request& request) const {
    if (!request.principal().credential.starts_with("key ")) return std::nullopt;
    const auto claim = claim_in(request);
    const Timestamp now = clock_.now();
    const auto holder = claim ? identities_.by_access_key(claim->key_id, now) : std::nullopt;
    if (!holder) return "The security token included in the request is invalid.";
    return signature_fault(*claim, request, holder->secret, now);
}

bool Access::is_still_valid(const Principal& principal, const std::string& cookie) const {
    const Timestamp now = clock_.now();
    const auto has_role = [&](const std::optional<Principal>& found) {
        return found && found->role >= principal.role;
    };
    if (principal.credential == "session") {
        const auto found = identities_.by_session(cookie, now);
        return found && has_role(found->principal);
    }
    const std::size_t blank = principal.credential.find(' ');
    const std::string kind = principal.credential.substr(0, blank);
    if (blank == std::string::npos || (kind != "token" && kind != "key")) return true;
    return has_role(identities_.by_id(principal.credential.substr(blank + 1), now));
}

/// Who shows nothing that is known.
Result<Principal, Refusal> Access::by_nothing(const Request& request) const {
    if (!settings_.is_open) return fail(unknown());
    if (has_come_through_proxy(request) || !is_sent_to_loopback(request)) {
        return fail(Refusal{401,
                            "expected a credential, for --open lets in who calls from this machine "
                            "by its own name, and this came through a proxy or by another name",
                            "WWW-Authenticate: Bearer\r\n"});
    }
    return Principal{Principal::Kind::local, "open", "local", Role::admin, "none"};
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
