// The names are a text for each service, made by aws_services.py. A definition asks for a few:
// nothing is made of it in advance.
#include "engine/definition/aws_services.hpp"

#include <algorithm>
#include <vector>

#include "engine/base/ascii.hpp"
#include "engine/base/nearest.hpp"

namespace stepwell::definition {
namespace {

// A text each, for compilers need not take one of them all; nor count so many bytes themselves.
constexpr const char* kServices[] = {
#include "engine/definition/aws_services.inc"
};

std::string_view name_in(std::string_view service) {
    return service.substr(0, service.find(' '));
}

/// The actions, with blanks between them; nothing where there is no such service.
std::optional<std::string_view> actions_of(std::string_view service) {
    for (const std::string_view each : kServices) {
        if (name_in(each) == service) return each.substr(service.size() + 1);
    }
    return std::nullopt;
}

std::vector<std::string> all_services() {
    std::vector<std::string> names;
    for (const std::string_view each : kServices) names.emplace_back(name_in(each));
    return names;
}

std::string meant(std::string_view word, const std::vector<std::string>& known) {
    const auto near = nearest(word, known);
    return near ? "did you mean '" + *near + "'?" : std::string();
}

}  // namespace

std::optional<std::string> unknown_sdk_action(std::string_view service, std::string_view action) {
    const auto actions = actions_of(service);
    if (!actions) return meant(service, all_services());
    const auto names = split(*actions, ' ');
    if (std::find(names.begin(), names.end(), action) != names.end()) return std::nullopt;
    return meant(action, {names.begin(), names.end()});
}

}  // namespace stepwell::definition
