#include "engine/runtime/map_run_documents.hpp"

#include <charconv>

namespace stepwell::runtime {
namespace {

/// Digits of the greatest 64-bit and 32-bit numbers.
constexpr std::size_t kWide = 20;
constexpr std::size_t kNarrow = 10;

std::string padded(std::uint64_t number, std::size_t width) {
    std::string text = std::to_string(number);
    return std::string(width > text.size() ? width - text.size() : 0, '0') + text;
}

std::optional<std::uint64_t> number_at(std::string_view text, std::size_t from, std::size_t width) {
    if (text.size() < from + width) return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = text.data() + from + width;
    const auto [at, error] = std::from_chars(text.data() + from, end, number);
    if (error != std::errc() || at != end) return std::nullopt;
    return number;
}

}  // namespace

std::string map_run_key_prefix(ExecutionId execution) {
    return padded(value_of(execution), kWide) + ".";
}

std::string map_run_key(const TaskToken& token) {
    return map_run_key_prefix(token.execution) + padded(value_of(token.frame), kNarrow) + "." +
           padded(token.attempt, kNarrow);
}

std::optional<TaskToken> parse_map_run_key(std::string_view key) {
    const auto execution = number_at(key, 0, kWide);
    const auto frame = number_at(key, kWide + 1, kNarrow);
    const auto attempt = number_at(key, kWide + kNarrow + 2, kNarrow);
    if (!execution || !frame || !attempt) return std::nullopt;
    return TaskToken{ExecutionId{*execution}, static_cast<FrameId>(*frame),
                     static_cast<std::uint32_t>(*attempt)};
}

std::string map_run_part_key(const TaskToken& token, std::uint64_t part) {
    return map_run_key(token) + "/" + padded(part, kNarrow);
}

std::string map_run_name(std::string_view arn) {
    return std::string(arn.substr(arn.rfind(':') + 1));
}

}  // namespace stepwell::runtime
