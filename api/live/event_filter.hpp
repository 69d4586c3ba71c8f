// What a listener of the live events wants, and where it stands.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.hpp"

namespace stepwell::api {

/// A place in the feed of all events: that of event `index` (from 1) of piece `piece`. It is the
/// `id` of an event, and stays what it is over restarts: both numbers are in the journal.
struct FeedPosition {
    static constexpr std::uint32_t kWhole = std::numeric_limits<std::uint32_t>::max();
    std::uint64_t piece = 0;
    std::uint32_t index = kWhole;  // kWhole: behind all events of the piece
    auto operator<=>(const FeedPosition&) const = default;

    /// "812.3"; "812" behind the whole piece.
    [[nodiscard]] std::string text() const;
};
std::optional<FeedPosition> parse_position(std::string_view text);

struct EventFilter {
    std::optional<ExecutionId> run;
    std::optional<std::string> workflow;
    std::vector<std::string> types;  // "TaskFailed", ...; empty: all
};

}  // namespace stepwell::api
