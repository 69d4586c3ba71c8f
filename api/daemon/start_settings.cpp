#include "api/daemon/start_settings.hpp"

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

/// A secret in a file of its own, without the line break that editors put at the end.
Result<std::string> secret_of_file(const std::filesystem::path& path) {
    std::string text = SW_TRY(read_file(path));
    text.erase(text.find_last_not_of("\r\n") + 1);
    return text;
}

}  // namespace

triggers::TriggerSettings trigger_settings(
    const Configuration& configuration,
    std::function<Result<std::string>(const std::string& name)> secret) {
    triggers::TriggerSettings settings;
    settings.places = file_places(configuration);
    settings.secrets = [secret = std::move(secret), data = configuration.data](
                           const std::string& reference) -> Result<std::string> {
        const std::size_t colon = reference.find(':');
        const std::string kind = reference.substr(0, colon);
        const std::string name = reference.substr(colon + 1);
        if (kind == "file") return secret_of_file(data / name);
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
