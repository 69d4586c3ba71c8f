#include "api/http/principal.hpp"

#include <algorithm>
#include <array>

namespace stepwell::api {
namespace {

constexpr std::array<std::string_view, 5> kRoleNames{"none", "viewer", "operator", "editor",
                                                     "admin"};
constexpr std::array<std::string_view, 7> kKindNames{"nobody", "user",  "service", "access_key",
                                                     "daemon", "local", "link"};
constexpr std::array<std::string_view, 3> kScopeNames{"nothing", "decide", "result"};

char lower_case(char c) {
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

std::string_view name_of(LinkScope scope) {
    return kScopeNames.at(static_cast<std::size_t>(scope));
}

std::optional<LinkScope> link_scope_named(std::string_view name) {
    if (name == "decide") return LinkScope::decide;
    if (name == "result") return LinkScope::result;
    return std::nullopt;
}

std::string_view bearer_token(std::string_view authorization) {
    constexpr std::string_view kScheme = "bearer ";
    const bool is_bearer =
        authorization.size() > kScheme.size() &&
        std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                   [](char expected, char c) { return lower_case(c) == expected; });
    return is_bearer ? authorization.substr(kScheme.size()) : std::string_view{};
}

std::string_view name_of(Principal::Kind kind) {
    return kKindNames.at(static_cast<std::size_t>(kind));
}

std::string who_is(const Principal& principal) {
    if (principal.kind == Principal::Kind::nobody) return "";
    if (principal.kind == Principal::Kind::user) return principal.id;
    return std::string(name_of(principal.kind)) + ":" + principal.id;
}

}  // namespace stepwell::api
