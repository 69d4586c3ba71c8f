// Folders that bindings name: a binding is configuration, and what it names stands beside it.
#pragma once

#include <filesystem>

#include "engine/base/json.hpp"

namespace stepwell::api {

/// Where a relative `parameters.project` of a binding is a folder beside the configuration file,
/// which is in `folder`, it is that one, and `allowed_roots` has it; otherwise nothing changes.
/// What is not of the form that it should be is left for others to refuse.
void place_projects(Json& sections, const std::filesystem::path& folder);

}  // namespace stepwell::api
