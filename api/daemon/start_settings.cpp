#include "api/daemon/start_settings.hpp"

#include <memory>

#include "engine/triggers/secret_files.hpp"

namespace stepwell::api {
namespace {

triggers::FilePlaces file_places(const Configuration& configuration) {
    triggers::FilePlaces places;
    places.data_folder = configuration.data;
    const Json* lakes = find(configuration.tasks, "lakes");
    if (lakes == nullptr || !lakes->is_object()) return places;
    for (auto lake = lakes->begin(); lake != lakes->end(); ++lake) {
        const std::string path =
            lake->is_string() ? lake->get<std::string>() : string_or(*lake, "path", "");
        if (!path.empty()) places.lakes[lake.key()] = configuration.data / path;
    }
    return places;
}

/// Besides the data folder and the lakes: the same folders as for data tasks.
std::vector<std::filesystem::path> allowed_roots(const Configuration& configuration) {
    std::vector<std::filesystem::path> folders;
    const Json* roots = find(configuration.tasks, "allowed_roots");
    if (roots == nullptr || !roots->is_array()) return folders;
    for (const Json& root : *roots) {
        if (root.is_string()) folders.push_back(configuration.data / root.get<std::string>());
    }
    return folders;
}

constexpr Duration kSecretFreshFor{5'000};
constexpr Duration kSecretPatience{250};

}  // namespace

triggers::TriggerSettings trigger_settings(
    const Configuration& configuration,
    std::function<Result<std::string>(const std::string& name)> secret) {
    triggers::TriggerSettings settings;
    settings.places = file_places(configuration);
    settings.places.allowed_roots = allowed_roots(configuration);
    auto files = std::make_shared<triggers::SecretFiles>(settings.places.roots(), kSecretFreshFor,
                                                         kSecretPatience);
    settings.secrets = [secret = std::move(secret), data = configuration.data,
                        files](const std::string& reference) -> Result<std::string> {
        const std::size_t colon = reference.find(':');
        const std::string kind = reference.substr(0, colon);
        const std::string name = reference.substr(colon + 1);
        if (kind == "file") return files->get(data / name);
        if (kind == "env") {
            if (auto value = environment_variable(name)) return *value;
        } else if (secret) {
            return secret(name);
        }
        return fail(ErrorCode::not_found,
                    "expected a secret at '" + reference + "', but there is none");
    };
    return settings;
}

}  // namespace stepwell::api
