// What every request passes first, as soon as its headers are complete and before its body is read:
// is it for us, and does it come from a page that may send it. Who asks is the router's next
// question.
//
// A browser on this machine may be made to send requests here by any web page: the Host check stops
// DNS rebinding, the Origin check stops forged cross-site requests, and so does what browsers say
// of those that have no Origin.
//
// Thread safety: immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/principal.hpp"
#include "engine/base/result.hpp"

namespace stepwell::api {

/// What the gate looks at. The views live as long as the request.
struct Incoming {
    std::string_view method;
    std::string_view target;
    std::vector<std::string_view> hosts;
    std::vector<std::string_view> transfer_encodings;
    std::vector<std::string_view> origins;
    std::string_view fetch_site = {};  // Sec-Fetch-Site: what a browser says of the page that asks
    std::string_view fetch_mode = {};
};

struct GateSettings {
    /// Names under which this daemon may be called, beside the loopback ones.
    std::vector<std::string> hosts;
    /// Web pages that may call it, beside its own: "https://ops.example".
    std::vector<std::string> origins;
    /// The daemon's own token; empty: it has none. Looked at by the authenticator, not by the gate.
    std::string token;
};

class Gate {
public:
    explicit Gate(GateSettings settings);
    /// Nothing where the request may go on.
    [[nodiscard]] std::optional<Refusal> check(const Incoming& request) const;

    /// The listed web page that sends the request; empty where none does, or our own.
    /// REQUIRES: check() lets it pass.
    [[nodiscard]] std::string_view listed_origin(const Incoming& request) const;

private:
    [[nodiscard]] static bool is_own_origin(std::string_view origin, std::string_view host);
    [[nodiscard]] bool is_known_host(std::string_view host) const;
    [[nodiscard]] bool is_known_origin(std::string_view origin, std::string_view host) const;
    GateSettings settings_;
};

/// What lets a listed page read an answer: complete lines.
std::string cors_headers(std::string_view origin);
/// What tells its browser, which asks first, what the page may send.
std::string preflight_headers();

struct ListenAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8083;
};

/// Reads "HOST:PORT", "[::1]:PORT", "HOST" or ":PORT".
Result<ListenAddress> parse_listen(std::string_view text);

/// Whether only this machine can reach it: 127.0.0.0/8, ::1, localhost.
bool is_loopback(std::string_view host);

/// Fails with `invalid` where the door is open (--open) at an address that others can reach.
Result<void> check_exposure(const ListenAddress& address, bool is_open);

}  // namespace stepwell::api
