// The token of who owns the data folder: DATA/admin.token, made at the first start. Who may read
// the file is admin, whatever users there are: so the command line works on the daemon's own
// machine without a set-up, and nobody is ever locked out. Removing the file makes the next start
// write another one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "engine/base/result.hpp"

namespace stepwell::api {

/// Nothing where there is no such file, it is no file of `owner` that only they may read, or what
/// stands in it is no token. Follows no link.
std::optional<std::string> read_admin_token(const std::filesystem::path& data_folder, uid_t owner);

/// The token of a folder of this process's user; made where read_admin_token() finds none, also in
/// place of one that others could read, of which `warn` tells. Fails with `io`.
Result<std::string> open_admin_token(const std::filesystem::path& data_folder,
                                     const std::function<void(const std::string&)>& warn);

}  // namespace stepwell::api
