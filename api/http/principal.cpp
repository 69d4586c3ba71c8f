#include "api/http/principal.hpp"

#include <algorithm>
#include <array>

#include "api/http/http.hpp"

namespace stepwell::api {
namespace {

constexpr std::array<std::string_view, 5> kRoleNames{"none", "viewer", "operator", "editor",
                                                     "admin"};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view name_of(Role role) {
    return kRoleNames.at(static_cast<std::size_t>(role));
}

std::optional<Role> role_named(std::string_view name) {
    const auto* const found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
    if (found == kRoleNames.end()) return std::nullopt;
    return static_cast<Role>(found - kRoleNames.begin());
}

std::string_view bearer_token(std::string_view authorization) {
    constexpr std::string_view kScheme = "bearer ";
    const bool is_bearer = authorization.size() > kScheme.size() &&
                           std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                                      [](char expected, char c) { return lower(c) == expected; });
    return is_bearer ? authorization.substr(kScheme.size()) : std::string_view{};
}

Result<Principal, Refusal> TokenAuthenticator::authenticate(const Request& request) const {
    if (token_.empty()) return Principal{"local", Role::admin, "none"};
    if (equal_in_constant_time(bearer_token(request.header("Authorization")), token_)) {
        return Principal{"token", Role::admin, "token"};
    }
    return fail(Refusal{401, "expected 'Authorization: Bearer' with the daemon's token",
                        "WWW-Authenticate: Bearer\r\n"});
}

}  // namespace stepwell::api
