#include "engine/runtime/names.hpp"

#include <array>
#include <vector>

#include "engine/base/ascii.hpp"
#include "engine/base/prng.hpp"

namespace stepwell::runtime {
namespace {

// A UUID of version 4 has 122 free bits: two halves of 61, enciphered by a Feistel network.
constexpr int kHalfBits = 61;
constexpr std::uint64_t kHalfMask = (1ull << kHalfBits) - 1;
constexpr int kRounds = 6;

std::string to_uuid(Wide bits) {
    const auto high = static_cast<std::uint64_t>(bits >> 62);
    const std::uint64_t first = (high >> 12 << 16) | 0x4000 | (high & 0xfff);
    const std::uint64_t second =
        (static_cast<std::uint64_t>(bits) & ((1ull << 62) - 1)) | 1ull << 63;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
        const std::uint64_t word = i < 16 ? first : second;
        text += kDigits[(word >> (60 - 4 * (i % 16))) & 15];
    }
    return text;
}

std::optional<unsigned> digit_of(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    return std::nullopt;
}

std::optional<Wide> from_uuid(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    std::array<std::uint64_t, 2> words{};
    int digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash != (text[i] == '-')) return std::nullopt;
        if (is_dash) continue;
        const auto digit = digit_of(text[i]);
        if (!digit) return std::nullopt;
        auto& word = words[digits++ < 16 ? 0 : 1];
        word = word << 4 | *digit;
    }
    if (((words[0] >> 12) & 15) != 4 || words[1] >> 62 != 2) return std::nullopt;
    const Wide high = (words[0] >> 16 << 12) | (words[0] & 0xfff);
    return high << 62 | (words[1] & ((1ull << 62) - 1));
}

/// The parts of an ARN of Step Functions, or none.
std::vector<std::string_view> arn_parts(std::string_view arn) {
    auto parts = split(arn, ':');
    if (parts.size() < 7 || parts[0] != "arn" || parts[2] != "states") parts.clear();
    return parts;
}

std::string with_kind(std::string_view workflow_arn, std::string_view kind) {
    constexpr std::string_view kWorkflowKind = ":stateMachine:";
    std::string arn(workflow_arn);
    const auto at = arn.find(kWorkflowKind);
    if (at != arn.npos) arn.replace(at, kWorkflowKind.size(), kind);
    return arn;
}

}  // namespace

std::uint64_t ExecutionNames::round(int number, std::uint64_t half) const {
    Prng random(secret_ ^ (half * 0x9E3779B97F4A7C15ull) ^ static_cast<std::uint64_t>(number));
    random.next();
    return random.next() & kHalfMask;
}

std::string ExecutionNames::name_of(ExecutionId id) const {
    std::uint64_t left = value_of(id) & kHalfMask;
    std::uint64_t right = secret_ & kHalfMask;
    for (int i = 0; i < kRounds; ++i) {
        const std::uint64_t next = left ^ round(i, right);
        left = right;
        right = next;
    }
    return to_uuid(static_cast<Wide>(left) << kHalfBits | right);
}

std::optional<ExecutionId> ExecutionNames::id_of(std::string_view name) const {
    const auto bits = from_uuid(name);
    if (!bits) return std::nullopt;
    auto left = static_cast<std::uint64_t>(*bits >> kHalfBits) & kHalfMask;
    auto right = static_cast<std::uint64_t>(*bits) & kHalfMask;
    for (int i = kRounds - 1; i >= 0; --i) {
        const std::uint64_t before = right ^ round(i, left);
        right = left;
        left = before;
    }
    if (right != (secret_ & kHalfMask)) return std::nullopt;
    return static_cast<ExecutionId>(left);
}

std::string workflow_arn_of(std::string_view region, std::string_view account,
                            std::string_view name) {
    std::string arn = "arn:aws:states:";
    return arn.append(region).append(":").append(account).append(":stateMachine:").append(name);
}

std::string execution_arn_of(std::string_view workflow_arn, std::string_view name) {
    return with_kind(workflow_arn, ":execution:").append(":").append(name);
}

std::string express_arn_of(std::string_view workflow_arn, std::string_view name,
                           std::string_view generated) {
    return with_kind(workflow_arn, ":express:")
        .append(":")
        .append(name)
        .append(":")
        .append(generated);
}

std::optional<ExecutionArn> parse_execution_arn(std::string_view arn) {
    const auto parts = arn_parts(arn);
    if (parts.size() == 8 && parts[5] == "execution") {
        return ExecutionArn{std::string(parts[6]), std::string(parts[7]), ""};
    }
    if (parts.size() == 9 && parts[5] == "express") {
        return ExecutionArn{std::string(parts[6]), std::string(parts[7]), std::string(parts[8])};
    }
    return std::nullopt;
}

std::optional<WorkflowArn> parse_qualified_arn(std::string_view arn) {
    const auto parts = arn_parts(arn);
    const bool is_one = (parts.size() == 7 || parts.size() == 8) && parts[5] == "stateMachine";
    if (!is_one) return std::nullopt;
    return WorkflowArn{std::string(parts[6]), parts.size() == 8 ? std::string(parts[7]) : ""};
}

std::optional<std::string> parse_workflow_arn(std::string_view arn) {
    auto parsed = parse_qualified_arn(arn);
    if (!parsed || !parsed->qualifier.empty()) return std::nullopt;
    return std::move(parsed)->name;
}

}  // namespace stepwell::runtime
