#include "api/secrets/secret_runner.hpp"

namespace stepwell::api {

void SecretRunner::start(runtime::TaskRequest request) {
    if (!request.secret_places.empty()) {
        const TaskToken token = request.token;
        if (const auto filled = fill_in(request); !filled) {
            return engine_.failed(token, "Stepwell.SecretUnavailable", filled.error().message);
        }
    }
    next_.start(std::move(request));
}

Result<void> SecretRunner::fill_in(runtime::TaskRequest& request) {
    Json parameters = request.parameters.json();
    for (const std::string& place : request.secret_places) {
        const Json::json_pointer pointer(place);
        if (!parameters.contains(pointer)) continue;
        Json& text = parameters[pointer];
        // A daemon of another version may have evaluated them.
        if (!text.is_string()) continue;
        auto value = secrets_.resolved(text);
        if (!value) return fail(std::move(value).error().within("Parameters" + place));
        text = *std::move(value);
    }
    request.parameters = Payload(std::move(parameters));
    request.has_secrets = true;
    return {};
}

}  // namespace stepwell::api
