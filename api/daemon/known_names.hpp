// The names of a configuration and of its data folder that workflow files may use.
#pragma once

#include "api/cli/unknown_names.hpp"
#include "api/daemon/config.hpp"

namespace stepwell::api {

/// Reads the data folder, where there is one that may be read; else secrets are not known. Changes
/// nothing, whether a daemon runs there or not.
cli::KnownNames known_names(const Configuration& configuration);

}  // namespace stepwell::api
