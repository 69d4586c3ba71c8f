// Says who sends a request: the daemon's token, the admin's of the data folder, an API token, an
// access key of AWS clients, or a session. Nobody comes in without any of these, unless the daemon
// was started with --open: then whoever reaches it through the loopback is admin, whatever they
// show.
//
// A session is a cookie, which a browser sends by itself; so a request that changes something has
// to show the session's other half too, in X-Stepwell-Csrf, which no foreign page can read.
//
// Who shows a signed link (callback_links.hpp) is its holder, whatever else they show: they may
// what the link says, and the router asks nobody else. Links that are none are counted as failures
// to sign in are.
//
// Threads: complete.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "api/auth/callback_links.hpp"
#include "api/auth/identities.hpp"
#include "api/auth/job_thread.hpp"
#include "api/auth/sign_in_limit.hpp"
#include "api/http/http.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::api {

inline constexpr std::string_view kSessionCookie = "stepwell_session";

struct AccessSettings {
    std::string daemon_token;  // of the configuration; empty: there is none
    std::string admin_token;   // of the data folder; empty: there is none
    bool is_open = false;      // --open
};

class Access final : public Authenticator {
public:
    /// REQUIRES: all outlive it.
    Access(AccessSettings settings, Identities& identities, runtime::Clock& clock, JobThread& jobs,
           CallbackLinks links, SignInLimit& limit)
        : settings_(std::move(settings)),
          identities_(identities),
          clock_(clock),
          jobs_(jobs),
          links_(std::move(links)),
          limit_(limit) {}

    /// Of an access key it knows only whose it is: what it signed covers the body, so that it can
    /// be looked at when that is there, by check_signature().
    [[nodiscard]] Result<Principal, Refusal> authenticate(const Request& request) const override;
    /// Whether the credential that this principal came with still lets it in, with the same role.
    /// `cookie`: of a session. Quick: for streams, which go on for long.
    [[nodiscard]] bool is_still_valid(const Principal& principal, const std::string& cookie) const;
    /// Why a request that came with an access key is not from whom it says, once its body is there;
    /// nothing for every other request, and for a good one.
    [[nodiscard]] std::optional<std::string> check_signature(const Request& request) const;

private:
    [[nodiscard]] Result<Principal, Refusal> by_link(const Request& request, std::string_view link,
                                                     Timestamp now) const;
    [[nodiscard]] std::optional<Principal> by_token(std::string_view token, Timestamp now) const;
    [[nodiscard]] Result<Principal, Refusal> by_nothing(const Request& request) const;
    [[nodiscard]] Result<Principal, Refusal> by_session(const Request& request,
                                                        std::string_view cookie,
                                                        Timestamp now) const;
    void keep_up(Timestamp now) const;

    const AccessSettings settings_;
    Identities& identities_;
    runtime::Clock& clock_;
    JobThread& jobs_;
    const CallbackLinks links_;
    SignInLimit& limit_;
    mutable std::atomic<std::int64_t> kept_up_ms_{0};
};

/// The session's cookie among those of a request; empty where there is none.
std::string_view session_cookie(const Request& request);

}  // namespace stepwell::api
