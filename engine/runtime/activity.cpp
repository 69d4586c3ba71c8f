#include "engine/runtime/activity.hpp"

namespace stepwell::runtime {

std::string activity_arn(std::string_view name, std::string_view region, std::string_view account) {
    std::string arn = "arn:aws:states:";
    arn.append(region).append(":").append(account).append(":activity:").append(name);
    return arn;
}

bool is_for_worker(std::string_view resource) {
    const bool is_of_states =
        resource.starts_with("arn:") && resource.find(":states:") != resource.npos;
    return is_of_states && resource.find(":activity:") != resource.npos;
}

std::optional<std::string> activity_name(std::string_view arn, std::string_view region,
                                         std::string_view account) {
    const std::string prefix = activity_arn("", region, account);
    if (!arn.starts_with(prefix) || arn.size() == prefix.size()) return std::nullopt;
    return std::string(arn.substr(prefix.size()));
}

}  // namespace stepwell::runtime
