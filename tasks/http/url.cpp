#include "tasks/http/url.hpp"

#include <algorithm>
#include <cctype>

namespace stepwell::tasks {

namespace {

/// The longest name that DNS knows, and a port.
constexpr std::size_t kAuthorityBytesMax = 253 + 6;

bool is_blank_or_control(char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}

}  // namespace

std::optional<std::string> fault_of_url(std::string_view url) {
    const std::size_t scheme_end = url.find("://");
    const std::string_view scheme = url.substr(0, scheme_end);
    if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
        return "expected a URL that begins with http:// or https://";
    }
    if (std::any_of(url.begin(), url.end(), is_blank_or_control)) {
        return "expected a URL without blanks and control characters; encode them";
    }
    const std::size_t host = scheme_end + 3;
    const std::size_t host_end = std::min(url.find_first_of("/?#", host), url.size());
    const std::string_view authority = url.substr(host, host_end - host);
    if (authority.empty()) return "expected a URL with a host";
    if (authority.size() > kAuthorityBytesMax) {
        return "expected a host of at most 253 characters, but it has " +
               std::to_string(authority.size());
    }
    if (authority.find('@') != std::string_view::npos) {
        return "expected no user and password in the URL; use an Authorization header";
    }
    return std::nullopt;
}

std::string url_origin(std::string_view url) {
    const std::size_t host = url.find("://");
    if (host == std::string_view::npos) return "?";
    const std::string_view origin = url.substr(0, url.find_first_of("/?#", host + 3));
    const std::size_t at = origin.rfind('@');
    if (at == std::string_view::npos) return std::string(origin);
    return std::string(origin.substr(0, host + 3)) + std::string(origin.substr(at + 1));
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += kHex[byte >> 4];
            encoded += kHex[byte & 15];
        }
    }
    return encoded;
}

}  // namespace stepwell::tasks
