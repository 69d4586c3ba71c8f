// What the triggers get from the configuration: where files lie, and where secrets are kept.
#pragma once

#include "api/daemon/config.hpp"
#include "engine/triggers/triggers.hpp"

namespace stepwell::api {

/// `secret`: gives the text of the secret of that name; may be empty.
triggers::TriggerSettings trigger_settings(
    const Configuration& configuration,
    std::function<Result<std::string>(const std::string& name)> secret);

}  // namespace stepwell::api
