#include "api/http/writer.hpp"

#include <array>
#include <charconv>

#include "api/http/problem.hpp"

namespace stepwell::api {
namespace {

constexpr std::string_view kAlways =
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

void add_unless_there(std::string& out, const Response& response, std::string_view name,
                      std::string_view value) {
    if (response.headers.find(name) != std::string::npos) return;
    out += name;
    out += value;
    out += "\r\n";
}

}  // namespace

std::string response_head(const Response& response, const Framing& framing) {
    std::string out;
    out.reserve(480 + response.headers.size() + response.body.size());
    out += "HTTP/1.1 ";
    out += std::to_string(response.status);
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\n";
    const bool has_body = response.status != 204 && response.status != 304;
    if (has_body) {
        out += "Content-Type: ";
        out += response.content_type;
        out += "\r\n";
    }
    if (framing.is_chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (!response.stream && has_body) {
        out += "Content-Length: ";
        out += std::to_string(response.body.size());
        out += "\r\n";
    }
    out += kAlways;
    add_unless_there(out, response, "Cache-Control: ", "no-store");
    add_unless_there(out, response,
                     "Content-Security-Policy: ", "default-src 'none'; frame-ancestors 'none'");
    if (!framing.request_id.empty()) {
        out += "X-Request-Id: ";
        out += framing.request_id;
        out += "\r\n";
    }
    out += response.headers;
    if (!framing.keeps_alive) {
        out += "Connection: close\r\n";
    } else if (framing.is_http_10) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
    return out;
}

std::string chunked(std::string part, bool is_last) {
    if (!part.empty()) {
        std::array<char, 16> size{};
        const auto [end, error] =
            std::to_chars(size.data(), size.data() + size.size(), part.size(), 16);
        part.insert(0, std::string(size.data(), end) + "\r\n");
        part += "\r\n";
    }
    if (is_last) part += "0\r\n\r\n";
    return part;
}

}  // namespace stepwell::api
