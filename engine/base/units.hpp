// Spans of time and sizes as people write them in configurations: "30d", "10GB".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/time.hpp"

namespace stepwell {

/// A whole number and one of ms, s, m, h, d, w; at most 100 years. Nothing for anything else.
std::optional<Duration> parse_span(std::string_view text);

/// A whole number and one of B, KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of 1024);
/// without a unit: bytes. Nothing for anything else, and beyond 2^63.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace stepwell
