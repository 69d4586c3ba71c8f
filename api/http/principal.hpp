// Who asks, and what they may.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/digest.hpp"
#include "engine/base/result.hpp"

namespace stepwell::api {

/// Each may what those before it may. `none`: no credential is needed.
enum class Role { none, viewer, operator_, editor, admin };

/// "viewer", "operator", ...
std::string_view name_of(Role role);
std::optional<Role> role_named(std::string_view name);

struct Principal {
    std::string name;  // of the user; "local" for anybody on this machine while there are no users
    Role role = Role::none;
    std::string credential;  // what they showed: "none", "token", "session"; for the audit log
};

/// Why a request goes no further.
struct Refusal {
    unsigned status = 400;
    std::string message;
    std::string headers;  // further complete lines: "WWW-Authenticate: Bearer\r\n"
};

class Request;

/// Says who asks, by the headers of a request.
class Authenticator {
public:
    virtual ~Authenticator() = default;
    /// Called from any thread, before the request's body is read; must be quick.
    /// Fails with status 401 where the request shows no credential that is known, 429 where there
    /// were too many that are not.
    [[nodiscard]] virtual Result<Principal, Refusal> authenticate(const Request& request) const = 0;
};

/// One token for all, who are admin with it. Where there is none, everybody is "local" and admin:
/// check_exposure() sees to it that everybody is on this machine then.
class TokenAuthenticator final : public Authenticator {
public:
    explicit TokenAuthenticator(std::string token) : token_(std::move(token)) {}
    [[nodiscard]] Result<Principal, Refusal> authenticate(const Request& request) const override;

private:
    const std::string token_;
};

/// What stands after "Bearer " in an Authorization header; empty where it is something else.
std::string_view bearer_token(std::string_view authorization);

}  // namespace stepwell::api
