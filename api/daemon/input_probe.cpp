#include "api/daemon/input_probe.hpp"

#include "tasks/files/locations.hpp"

namespace stepwell::api {

answers::InputProbe input_probe(const Configuration& configuration) {
    tasks::HostSettings settings;
    settings.data_folder = configuration.data;
    settings.configuration = configuration.tasks;
    auto locations = std::make_shared<const tasks::data::Locations>(settings);
    return [locations](const std::string& uri) -> answers::InputNow {
        using State = answers::InputNow::State;
        const auto path = locations->resolve(uri);
        if (!path) return {State::unknown, ""};
        std::error_code error;
        const auto status = std::filesystem::status(*path, error);
        if (status.type() == std::filesystem::file_type::not_found) return {State::gone, ""};
        if (!std::filesystem::is_regular_file(status)) return {State::unknown, ""};
        const auto file = locations->file_at(*path);
        if (!file) return {State::unknown, ""};
        return {State::there, file->etag()};
    };
}

}  // namespace stepwell::api
