// What the audit log says of a request: whether it is one to be noted, and what it is about.
#pragma once

#include <string_view>

#include "api/audit/audit_chain.hpp"
#include "api/http/http.hpp"

namespace stepwell::api {

/// `action` of an entry of somebody who signs in; `subject` is the name that they gave.
inline constexpr std::string_view kSignInAction = "POST /api/v1/session";

/// False for what only looks. Actions of the AWS API that only look are those of a table, so that
/// one that nobody has thought of is noted.
bool changes_something(const Request& request);
/// Of one run or several, which say themselves what happened to them.
bool is_of_a_run(const Request& request);
bool is_start_of_a_run(const Request& request);

/// All but the time and the outcome. Never has a part of a body that may hold a secret.
AuditEntry audit_entry_of(const Request& request);

}  // namespace stepwell::api
