#include "engine/base/integration_arn.hpp"

#include <algorithm>
#include <array>

#include "engine/base/ascii.hpp"

namespace stepwell {
namespace {

/// What an account has under "states", where region and account say which.
constexpr std::array<std::string_view, 5> kKinds = {"activity", "execution", "express", "mapRun",
                                                    "stateMachine"};

}  // namespace

std::string without_region(std::string_view arn) {
    const auto parts = split(arn, ':');
    constexpr std::size_t kHeadParts = 5;  // arn, partition, service, region, account
    const bool is_of_states = parts.size() > kHeadParts && parts[0] == "arn" &&
                              parts[2] == "states" && !parts[3].empty() && !parts[4].empty();
    const bool is_integration =
        is_of_states && std::find(kKinds.begin(), kKinds.end(), parts[kHeadParts]) == kKinds.end();
    if (!is_integration) return std::string(arn);
    std::size_t head = 0;
    for (std::size_t i = 0; i < kHeadParts; ++i) head += parts[i].size() + 1;
    return "arn:" + std::string(parts[1]) + ":states:::" + std::string(arn.substr(head));
}

}  // namespace stepwell
