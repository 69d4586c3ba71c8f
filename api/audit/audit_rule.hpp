// How long the audit log is kept, and how large it may be.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/time.hpp"

namespace stepwell::api {

/// Absent: without a limit.
struct AuditRule {
    std::optional<Duration> kept = std::chrono::days(400);
    std::optional<std::uint64_t> bytes = 1'000'000'000;
};

}  // namespace stepwell::api
