#include "api/router/route.hpp"

#include <algorithm>
#include <charconv>

#include "api/http/problem.hpp"
#include "api/router/parameters.hpp"
#include "api/router/samples.hpp"

namespace stepwell::api {
namespace {

const std::string* value_of(const Call::Values& values, std::string_view name) {
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](const auto& pair) { return pair.first == name; });
    return found == values.end() ? nullptr : &found->second;
}

}  // namespace

Parameter text_parameter(std::string name, std::string description, std::int64_t length_max) {
    Parameter out{std::move(name), std::move(description)};
    out.min = 1;
    out.max = length_max;
    return out;
}

Parameter integer_parameter(std::string name, std::string description, std::int64_t min,
                            std::int64_t max, std::optional<std::int64_t> otherwise) {
    Parameter out{std::move(name), std::move(description), Parameter::Type::integer, min, max};
    if (otherwise) out.otherwise = std::to_string(*otherwise);
    return out;
}

Parameter flag_parameter(std::string name, std::string description) {
    Parameter out{std::move(name), std::move(description), Parameter::Type::flag};
    out.otherwise = "false";
    return out;
}

Parameter choice_parameter(std::string name, std::string description,
                           std::vector<std::string> choices, std::string otherwise) {
    Parameter out{std::move(name), std::move(description), Parameter::Type::choice};
    out.choices = std::move(choices);
    if (!otherwise.empty()) out.otherwise = std::move(otherwise);
    return out;
}

Parameter time_parameter(std::string name, std::string description) {
    return {std::move(name), std::move(description), Parameter::Type::time};
}

Parameter list_of(Parameter parameter) {
    parameter.is_list = true;
    return parameter;
}

Parameter required(Parameter parameter) {
    parameter.is_required = true;
    return parameter;
}

Body json_body(std::string schema, bool is_required) {
    return {Body::Kind::json, std::move(schema), is_required, {}, {}};
}

Body raw_body(std::vector<std::string> media_types) {
    return {Body::Kind::raw, {}, true, std::move(media_types), {}};
}

Body at_most(std::uint64_t bytes, Body body) {
    body.bytes_max = bytes;
    return body;
}

Call::Call(Request& request, const Route& route, Values path, Values query, Json body,
           Responder respond)
    : request_(&request),
      route_(&route),
      path_(std::move(path)),
      query_(std::move(query)),
      body_(std::move(body)),
      respond_(std::move(respond)) {}

const std::string& Call::path(std::string_view name) const {
    const std::string* found = value_of(path_, name);
    SW_ASSERT(found != nullptr);
    return *found;
}

std::optional<std::string> Call::text(std::string_view name) const {
    if (const std::string* found = value_of(query_, name)) return *found;
    const auto& declared = route_->query;
    const auto parameter = std::find_if(declared.begin(), declared.end(),
                                        [&](const Parameter& p) { return p.name == name; });
    SW_ASSERT(parameter != declared.end());
    return parameter->otherwise;
}

std::optional<std::int64_t> Call::integer(std::string_view name) const {
    const auto found = text(name);
    return found ? parse_integer(*found) : std::nullopt;
}

bool Call::flag(std::string_view name) const {
    return text(name) == "true";
}

std::optional<Timestamp> Call::time(std::string_view name) const {
    const auto found = text(name);
    return found ? parse_time(*found) : std::nullopt;
}

std::vector<std::string> Call::list(std::string_view name) const {
    const auto found = text(name);
    return found ? split_list(*found) : std::vector<std::string>{};
}

void Call::answer(const Result<Json>& result, std::string_view location, unsigned status) const {
    if (!result) return respond_(problem(result.error()));
    Response response;
    response.status = status == 0 ? route_->status : status;
    if (!location.empty()) response.headers = "Location: " + std::string(location) + "\r\n";
    const bool is_viewer = principal().role < Role::operator_;
    if (response.status != 204) {
        response.body = to_text(is_viewer ? with_hidden_samples(*result) : *result);
    }
    respond_(std::move(response));
}

}  // namespace stepwell::api
