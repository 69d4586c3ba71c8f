// Users, tokens, sessions, secrets and the audit log in the native API.
#pragma once

#include "api/auth/access.hpp"
#include "api/auth/one_time_links.hpp"
#include "api/auth/sign_in_limit.hpp"
#include "api/read/readers.hpp"
#include "api/router/router.hpp"
#include "api/secrets/secret_store.hpp"

namespace stepwell::api {

/// What the routes work with. REQUIRES: all of it outlives the router.
struct SecurityParts {
    Identities& identities;
    SecretStore& secrets;
    JobThread& jobs;
    JobThread& password_jobs;  // that check passwords, and change nothing
    SignInLimit& limit;
    OneTimeLinks& links;
    Readers& readers;
    runtime::Clock& clock;
    DocumentWriter write;
    std::string seal_key;  // of the audit log
    Json configuration;    // the sections that may name secrets, without their values
    bool is_open = false;  // --open
};

void add_security_routes(Router& router, const SecurityParts& parts);

// One for each file; add_security_routes() calls them.
void add_session_routes(Router& router, const SecurityParts& parts);
void add_link_routes(Router& router, const SecurityParts& parts);
void add_user_routes(Router& router, const SecurityParts& parts);
void add_token_routes(Router& router, const SecurityParts& parts);
void add_key_routes(Router& router, const SecurityParts& parts);
void add_secret_routes(Router& router, const SecurityParts& parts);
void add_audit_routes(Router& router, const SecurityParts& parts);

/// The header that gives a browser its session; an empty value takes it away. `Secure` where the
/// page came by https: a proxy in front of us.
std::string session_cookie_line(const Request& request, std::string_view value, Duration age);

/// A route's action: does the work on the thread of jobs, then answers; 503 where too much waits
/// there.
using Work = Result<Json> (*)(const SecurityParts& parts, const Call& call);
std::function<void(Call)> done_later(const SecurityParts& parts, Work work);
/// The same of what replaces a thing, which `view` shows, where it is as the request's If-Match and
/// If-None-Match want it: only jobs change it. `parameter`: of the path, that names it.
std::function<void(Call)> replaced_later(const SecurityParts& parts, std::string parameter,
                                         Work view, Work work);

}  // namespace stepwell::api
