// Names in workflow files that a configuration, or its data folder, does not have.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/definition/diagnostic.hpp"

namespace stepwell::api {
struct Configuration;
}

namespace stepwell::api::cli {

/// What there is, by section: "connections", "channels", "pools", "lakes", "secrets". Of a section
/// that is not here nothing is known, and any name passes.
using KnownNames = std::map<std::string, std::vector<std::string>>;
using KnownNamesOf = std::function<KnownNames(const Configuration& configuration)>;

/// What is to be said of names that are not known. An error where a task would fail for it; a
/// warning for a pool, which would limit nothing, and for a lake that is near to a known one, for
/// any other name is a folder of the data folder's `lake`.
std::vector<definition::Diagnostic> unknown_names(
    const std::vector<definition::Reference>& references, const KnownNames& known);

}  // namespace stepwell::api::cli
