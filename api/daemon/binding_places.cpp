#include "api/daemon/binding_places.hpp"

#include <string>

namespace stepwell::api {

namespace fs = std::filesystem;

namespace {

/// The binding's project, where it is a text.
Json* project_of(Json& binding) {
    if (!binding.is_object() || !binding.contains("parameters")) return nullptr;
    Json& parameters = binding["parameters"];
    if (!parameters.is_object() || !parameters.contains("project")) return nullptr;
    Json& project = parameters["project"];
    return project.is_string() ? &project : nullptr;
}

}  // namespace

void place_projects(Json& sections, const fs::path& folder) {
    if (!sections.contains("bindings") || !sections["bindings"].is_array()) return;
    Json roots = sections.contains("allowed_roots") ? sections["allowed_roots"] : Json::array();
    if (!roots.is_array()) return;
    bool is_changed = false;
    for (Json& binding : sections["bindings"]) {
        Json* const project = project_of(binding);
        if (!project) continue;
        const auto name = project->get<std::string>();
        const fs::path place = (folder / name).lexically_normal();
        std::error_code ignored;
        if (fs::path(name).is_absolute() || !fs::is_directory(place, ignored)) continue;
        *project = place.string();
        roots.push_back(place.string());
        is_changed = true;
    }
    if (is_changed) sections["allowed_roots"] = std::move(roots);
}

}  // namespace stepwell::api
