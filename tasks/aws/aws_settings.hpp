// The configuration's `aws`: where AWS is, and how it is asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/shape.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

/// How long an answer to a request is waited for where nothing else is said.
inline constexpr std::int64_t kAwsTimeoutMs = 60'000;

struct AwsSettings {
    /// What the worker is told with each call: endpoints, region, credentials, ...
    Json worker = Json::object();
    std::string python = "python3";
    std::int64_t workers = 8;
    std::chrono::milliseconds poll_interval{5'000};

    /// Nothing where the configuration has no `aws`. `region`: where it says none.
    static Result<std::optional<AwsSettings>, TaskError> read(const Json& configuration,
                                                              const std::string& region);
};

/// What the section may hold.
Shape aws_shape();

}  // namespace stepwell::tasks
