#include "api/cli/daemon_address.hpp"

#include "api/cli/local_daemon.hpp"

namespace stepwell::api::cli {
namespace {

/// A daemon that listens on all addresses is asked on the loopback.
std::string url_to_ask(ListenAddress listen) {
    if (listen.host == "0.0.0.0") listen.host = "127.0.0.1";
    if (listen.host == "::") listen.host = "::1";
    return url_of(listen);
}

}  // namespace

DaemonAddress address_of_daemon(const Options& options, const Variables& variables) {
    if (!options.server.empty()) return {options.server, "--server"};
    if (const auto url = variables("STEPWELL_SERVER")) return {*url, "STEPWELL_SERVER"};
    const DaemonPlace place = place_of_daemon(options.overrides, variables);
    const ListenAddress otherwise;
    const bool is_said = place.listen.host != otherwise.host || place.listen.port != otherwise.port;
    if (is_said && place.listen.port != 0) {
        return {url_to_ask(place.listen),
                place.file.empty() ? "STEPWELL_LISTEN" : "'listen' in " + place.file.string()};
    }
    if (const auto url = url_of_daemon_in(place.data)) {
        return {*url, "it works in " + place.data.string()};
    }
    return {url_to_ask(is_said ? otherwise : place.listen), ""};
}

}  // namespace stepwell::api::cli
