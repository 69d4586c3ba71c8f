#include "api/http/gate.hpp"

#include <algorithm>
#include <charconv>

namespace stepwell::api {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

/// "host:8083" and "[::1]:8083" without the port; empty where it is no host.
std::string_view host_name(std::string_view host) {
    std::size_t end = host.size();
    if (!host.empty() && host.front() == '[') {
        const auto bracket = host.find(']');
        if (bracket == host.npos) return {};
        end = bracket + 1;
    } else {
        end = std::min(host.find(':'), host.size());
    }
    std::string_view port = host.substr(end);
    if (port.empty()) return host.substr(0, end);
    port.remove_prefix(1);
    const bool is_number = host[end] == ':' && std::all_of(port.begin(), port.end(), [](char c) {
                               return c >= '0' && c <= '9';
                           });
    return is_number ? host.substr(0, end) : std::string_view{};
}

}  // namespace

Gate::Gate(GateSettings settings) : settings_(std::move(settings)) {}

std::optional<Refusal> Gate::check(const Incoming& request) const {
    if (request.transfer_encodings.size() > 1 ||
        (!request.transfer_encodings.empty() &&
         !equal_ignoring_case(request.transfer_encodings[0], "chunked"))) {
        return Refusal{400, "expected Transfer-Encoding to be 'chunked' or absent", {}};
    }
    if (request.hosts.size() != 1) {
        return Refusal{
            400,
            "expected one Host header, but there are " + std::to_string(request.hosts.size()),
            {}};
    }
    if (!is_known_host(request.hosts[0])) {
        return Refusal{403,
                       "expected Host to name this machine; list other names under "
                       "'allowed_hosts' in stepwell.yaml",
                       {}};
    }
    if (request.origins.size() > 1 ||
        (!request.origins.empty() && !is_known_origin(request.origins[0], request.hosts[0]))) {
        return Refusal{403,
                       "expected no web page but our own to send requests; list others under "
                       "'allowed_origins' in stepwell.yaml",
                       {}};
    }
    // A page of others may link to ours; it may not load anything from here.
    const bool is_foreign = request.fetch_site == "cross-site" || request.fetch_site == "same-site";
    if (is_foreign && request.origins.empty() && request.fetch_mode != "navigate") {
        return Refusal{403, "expected no web page but our own to load this", {}};
    }
    return std::nullopt;
}

bool Gate::is_known_host(std::string_view host) const {
    std::string_view name = host_name(host);
    // AWS SDKs put "sync-" before the host of StartSyncExecution and TestState.
    constexpr std::string_view kSyncPrefix = "sync-";
    if (name.substr(0, kSyncPrefix.size()) == kSyncPrefix) name.remove_prefix(kSyncPrefix.size());
    if (is_loopback(name)) return true;
    return std::any_of(settings_.hosts.begin(), settings_.hosts.end(),
                       [&](const std::string& known) { return equal_ignoring_case(known, name); });
}

bool Gate::is_own_origin(std::string_view origin, std::string_view host) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (origin.substr(0, scheme.size()) == scheme &&
            equal_ignoring_case(origin.substr(scheme.size()), host)) {
            return true;
        }
    }
    return false;
}

bool Gate::is_known_origin(std::string_view origin, std::string_view host) const {
    if (is_own_origin(origin, host)) return true;
    return std::find(settings_.origins.begin(), settings_.origins.end(), origin) !=
           settings_.origins.end();
}

std::string_view Gate::listed_origin(const Incoming& request) const {
    if (request.origins.empty() || request.hosts.empty()) return {};
    const std::string_view origin = request.origins.front();
    return is_own_origin(origin, request.hosts.front()) ? std::string_view{} : origin;
}

// No Allow-Credentials: a page of others shows a token; our cookie is not for it.
std::string cors_headers(std::string_view origin) {
    return "Access-Control-Allow-Origin: " + std::string(origin) +
           "\r\nAccess-Control-Expose-Headers: ETag, Location, Retry-After, X-Request-Id\r\n"
           "Vary: Origin\r\n";
}

std::string preflight_headers() {
    return "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\n"
           "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, If-Match, "
           "If-None-Match, Last-Event-ID, X-Stepwell-Token\r\n"
           "Access-Control-Max-Age: 600\r\n";
}

Result<ListenAddress> parse_listen(std::string_view text) {
    ListenAddress address;
    const std::string_view name = text.substr(0, 1) == ":" ? std::string_view{} : host_name(text);
    const std::string_view rest = text.substr(std::min(name.size(), text.size()));
    const auto malformed = [&] {
        return fail(ErrorCode::invalid,
                    "expected a listen address HOST:PORT, but got '" + std::string(text) + "'");
    };
    if (name.empty() && rest.substr(0, 1) != ":") return malformed();
    if (!name.empty() && name.find_first_not_of("0123456789") == name.npos) {
        return fail(ErrorCode::invalid, "expected a listen address HOST:PORT, but got '" +
                                            std::string(text) + "'; did you mean '" + address.host +
                                            ":" + std::string(text) + "'?");
    }
    if (!name.empty()) address.host = std::string(name);
    if (address.host.front() == '[') address.host = address.host.substr(1, address.host.size() - 2);
    if (rest.empty()) return address;
    const auto [end, error] =
        std::from_chars(rest.data() + 1, rest.data() + rest.size(), address.port);
    if (error != std::errc{} || end != rest.data() + rest.size()) return malformed();
    return address;
}

bool is_loopback(std::string_view host) {
    if (equal_ignoring_case(host, "localhost") || host == "[::1]" || host == "::1") return true;
    constexpr std::string_view kNet = "127.";
    return host.substr(0, kNet.size()) == kNet && std::count(host.begin(), host.end(), '.') == 3 &&
           host.find_first_not_of("0123456789.") == host.npos;
}

Result<void> check_exposure(const ListenAddress& address, bool is_open) {
    if (!is_open || is_loopback(address.host)) return {};
    return fail(ErrorCode::invalid,
                "expected --open with a loopback address, for it asks nobody for a credential, but "
                "'" +
                    address.host + "' can be reached from other machines");
}

}  // namespace stepwell::api
