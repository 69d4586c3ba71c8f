// Which daemon a command asks.
#pragma once

#include <string>

#include "api/cli/options.hpp"

namespace stepwell::api::cli {

struct DaemonAddress {
    std::string url;
    std::string
        why;  // what says so: "--server", "'listen' in ./stepwell.yaml"; empty: nothing does
};

/// --server, else STEPWELL_SERVER, else where the configuration lets the daemon listen, else where
/// the daemon listens that works in the configured data folder, else the default.
DaemonAddress address_of_daemon(const Options& options, const Variables& variables);

}  // namespace stepwell::api::cli
