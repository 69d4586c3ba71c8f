#include "api/secrets/secret_runner.hpp"

#include "engine/base/link_reference.hpp"
#include "engine/base/secret_reference.hpp"

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
        auto value = filled(text, request);
        if (!value) return fail(std::move(value).error().within("Parameters" + place));
        text = *std::move(value);
    }
    request.parameters = Payload(std::move(parameters));
    return {};
}

/// A link is meant to be sent on, so it alone makes no parameters that nobody may keep.
Result<Json> SecretRunner::filled(const Json& text, runtime::TaskRequest& request) {
    const auto& written = text.get_ref<const std::string&>();
    Json whole = SW_TRY(expand_links(
        written, [&](std::string_view scope) { return make_link_(request.token, scope); }));
    if (!names_secret(whole.get_ref<const std::string&>())) return whole;
    request.has_secrets = true;
    return secrets_.resolved(std::move(whole));
}

}  // namespace stepwell::api
