// The key under which secrets are kept: 32 random bytes, as hex in a file that only its owner may
// read.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "engine/base/result.hpp"

namespace stepwell::api {

/// Where the key is: STEPWELL_SECRET_KEY_FILE, else systemd's credential "stepwell.secret-key",
/// else DATA/secret.key.
struct SecretKeyPlace {
    std::filesystem::path file;
    /// Only the data folder's own key is made by us.
    bool is_own = true;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
SecretKeyPlace secret_key_place(const std::filesystem::path& data_folder,
                                const Environment& environment);

/// The key; where the own file is not there: nothing. Fails with `invalid` where the file holds no
/// key, or others may read our own, `not_found` where a named one is not there.
Result<std::optional<std::string>> read_secret_key(const SecretKeyPlace& place);

/// Makes the own file, with mode 0600, durable on return. Fails with `io`.
Result<std::string> make_secret_key(const SecretKeyPlace& place);

/// What is there, else a new one.
Result<std::string> read_or_make_secret_key(const SecretKeyPlace& place);

}  // namespace stepwell::api
