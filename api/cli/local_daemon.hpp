// The daemon of this machine that a URL leads to, found by who listens there: so that its admin
// token is shown to that daemon and to nobody else who happens to listen.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace stepwell::api::cli {

/// The admin token of the daemon that `url` ("http://127.0.0.1:8083") leads to. Nothing where the
/// host is no loopback one, nobody listens there whose processes we may look into, or the token of
/// their data folder may not be read.
std::optional<std::string> local_admin_token(const std::string& url);

/// The URL of the daemon that works in a data folder. Nothing where none does, or it cannot be
/// told.
std::optional<std::string> url_of_daemon_in(const std::filesystem::path& data_folder);

}  // namespace stepwell::api::cli
