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

/// What a signed link lets do with the one callback that it is for. Each may what those before it
/// may; `nothing`: it is no link's affair.
enum class LinkScope { nothing, decide, result };

/// "decide", "result"; of what no link may: "nothing".
std::string_view name_of(LinkScope scope);
std::optional<LinkScope> link_scope_named(std::string_view name);

/// Who asks. Two are the same where kind and id are; `display` is for people to read, anybody may
/// have chosen it, and nothing is ever decided by it.
struct Principal {
    enum class Kind {
        nobody,      // of a route that needs no credential
        user,        // id: the user's name
        service,     // a token that belongs to no user; id: the token's
        access_key,  // of AWS clients; id: the key's
        daemon,      // the daemon's own token; id: where that was set
        local,       // who may read the data folder, or anybody under --open; id: which
        link,        // a signed link; id: the callback that it is for
    };
    Kind kind = Kind::nobody;
    std::string id;
    std::string display;
    Role role = Role::none;
    std::string credential;  // what they showed: "none", "token", "session"; for the audit log
    LinkScope link_scope = LinkScope::nothing;  // of a link, whose role is `none`

    [[nodiscard]] bool is_user(std::string_view name) const {
        return kind == Kind::user && id == name;
    }
};

/// "user", "service", ...
std::string_view name_of(Principal::Kind kind);

/// Who that is, in one text that nobody else has: a user's name, else "service:ID", "local:ID" and
/// so on (a user's name has no colon). Empty for nobody.
std::string who_is(const Principal& principal);

/// Why a request goes no further.
struct Refusal {
    unsigned status = 400;
    std::string message;
    std::string headers;  // further complete lines: "WWW-Authenticate: Bearer\r\n"
    /// Instead of a problem, where the door speaks another language; a literal.
    std::string_view content_type = {};
    std::string body = {};
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

/// What stands after "Bearer " in an Authorization header; empty where it is something else.
std::string_view bearer_token(std::string_view authorization);

}  // namespace stepwell::api
