// Says who sends a request: the daemon's token, an API token, a session, or nobody in particular on
// this machine.
//
// A session is a cookie, which a browser sends by itself; so a request that changes something has
// to show the session's other half too, in X-Stepwell-Csrf, which no foreign page can read.
//
// Threads: complete.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "api/auth/identities.hpp"
#include "api/auth/job_thread.hpp"
#include "api/http/http.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::api {

inline constexpr std::string_view kSessionCookie = "stepwell_session";

class Access final : public Authenticator {
public:
    /// `token`: the daemon's own; empty: it has none. REQUIRES: all outlive it.
    Access(std::string token, Identities& identities, runtime::Clock& clock, JobThread& jobs)
        : token_(std::move(token)), identities_(identities), clock_(clock), jobs_(jobs) {}

    [[nodiscard]] Result<Principal, Refusal> authenticate(const Request& request) const override;

private:
    [[nodiscard]] Result<Principal, Refusal> by_session(const Request& request,
                                                        std::string_view cookie,
                                                        Timestamp now) const;
    void keep_up(Timestamp now) const;

    const std::string token_;
    Identities& identities_;
    runtime::Clock& clock_;
    JobThread& jobs_;
    mutable std::atomic<std::int64_t> kept_up_ms_{0};
};

/// The session's cookie among those of a request; empty where there is none.
std::string_view session_cookie(const Request& request);

}  // namespace stepwell::api
