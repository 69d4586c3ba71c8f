#include "engine/base/units.hpp"

#include <array>
#include <charconv>

namespace stepwell {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array kSpans = {Unit{"ms", 1},        Unit{"s", 1'000},      Unit{"m", 60'000},
                               Unit{"h", 3'600'000}, Unit{"d", 86'400'000}, Unit{"w", 604'800'000}};
constexpr std::array kSizes = {Unit{"", 1},
                               Unit{"B", 1},
                               Unit{"KB", 1'000},
                               Unit{"MB", 1'000'000},
                               Unit{"GB", 1'000'000'000},
                               Unit{"TB", 1'000'000'000'000},
                               Unit{"KiB", 1u << 10},
                               Unit{"MiB", 1u << 20},
                               Unit{"GiB", 1u << 30},
                               Unit{"TiB", std::uint64_t{1} << 40}};
constexpr std::uint64_t kSpanMax = 3'155'760'000'000;  // 100 years

template <class Units>
std::optional<std::uint64_t> parse(std::string_view text, const Units& units, std::uint64_t max) {
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    for (const Unit& unit : units) {
        if (unit.name != text) continue;
        if (count > max / unit.factor) return std::nullopt;
        return count * unit.factor;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_span(std::string_view text) {
    const auto count = parse(text, kSpans, kSpanMax);
    if (!count) return std::nullopt;
    return Duration(static_cast<std::int64_t>(*count));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse(text, kSizes, static_cast<std::uint64_t>(INT64_MAX));
}

}  // namespace stepwell
