#include "tasks/host/host_environment.hpp"

#include <algorithm>
#include <array>

namespace stepwell::tasks {
namespace {

constexpr std::array<std::string_view, 5> kAllowed{"PATH", "HOME", "LANG", "TZ", "LC_*"};
constexpr std::array<std::string_view, 6> kOwn{"STEPWELL_*",    "CREDENTIALS_DIRECTORY",
                                               "NOTIFY_SOCKET", "WATCHDOG_*",
                                               "LISTEN_*",      "INVOCATION_ID"};

/// "LC_*" fits all that begin with "LC_"; any other pattern only itself.
bool fits(std::string_view pattern, std::string_view name) {
    if (pattern.empty() || pattern.back() != '*') return pattern == name;
    pattern.remove_suffix(1);
    return name.starts_with(pattern);
}

template <class Patterns>
bool fits_any(const Patterns& patterns, std::string_view name) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](std::string_view pattern) { return fits(pattern, name); });
}

/// What the run-time of a build for tests reads; a build for users has none.
bool is_of_sanitizer([[maybe_unused]] std::string_view name) {
#ifdef SW_SANITIZED
    return name.ends_with("SAN_OPTIONS");
#else
    return false;
#endif
}

}  // namespace

bool is_own_variable(std::string_view name) {
    return fits_any(kOwn, name);
}

std::vector<std::string> host_environment(const char* const* environment,
                                          const std::vector<std::string>& further) {
    std::vector<std::string> given;
    for (; *environment; ++environment) {
        const std::string_view entry = *environment;
        const std::string_view name = entry.substr(0, entry.find('='));
        const bool is_wanted =
            fits_any(kAllowed, name) || fits_any(further, name) || is_of_sanitizer(name);
        if (is_wanted && !is_own_variable(name)) given.emplace_back(entry);
    }
    return given;
}

}  // namespace stepwell::tasks
