// Points in time and spans, in whole milliseconds. Nobody here reads a clock: time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stepwell {

using Duration = std::chrono::milliseconds;
using Timestamp = std::chrono::sys_time<Duration>;

inline std::int64_t to_ms(Timestamp at) {
    return at.time_since_epoch().count();
}
inline Timestamp from_ms(std::int64_t ms) {
    return Timestamp(Duration(ms));
}

/// "2024-01-02T03:04:05.678Z"; the fraction is left out where it is zero.
std::string to_iso8601(Timestamp at);

/// Seconds since the epoch with a fraction: how the AWS API spells a time.
inline double to_epoch_seconds(Timestamp at) {
    return static_cast<double>(to_ms(at)) / 1000.0;
}

struct Instant {
    std::int64_t seconds = 0;  // since 1970-01-01T00:00:00Z
    std::int32_t nanos = 0;    // 0 .. 999,999,999
    auto operator<=>(const Instant&) const = default;
};

/// Reads RFC 3339 with upper-case 'T', and 'Z' or a numeric offset; up to nine digits of fraction.
/// Nothing where the text is anything else (a missing offset, a blank for 'T', month 13).
std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace stepwell
