// Task tokens as text: base64 of "stepwell:2:EXECUTION.FRAME.ATTEMPT.SEAL".
#include <charconv>

#include "engine/base/digest.hpp"
#include "engine/core/command.hpp"
#include "engine/core/input.hpp"

namespace stepwell::core {

namespace {

/// Says what it is, and lets the form change one day. Form 1 had no seal.
constexpr std::string_view kPrefix = "stepwell:2:";
constexpr std::size_t kSealDigits = 32;

/// Reads a number up to `end` or the next dot, and steps over that.
template <class Number>
bool read(const char*& at, const char* end, Number& number) {
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || next == at) return false;
    at = next;
    if (at != end && *at == '.') ++at;
    return true;
}

std::string seal_of(const std::string& text, std::uint64_t secret) {
    return hmac_sha256_hex("task-token/" + std::to_string(secret), text).substr(0, kSealDigits);
}

}  // namespace

const TaskToken* token_of(const Input& input) {
    return std::visit(
        [](const auto& one) -> const TaskToken* {
            if constexpr (requires { one.token; }) return &one.token;
            return nullptr;
        },
        input);
}

std::string to_task_token_text(const TaskToken& token, std::uint64_t secret) {
    const std::string text = std::string(kPrefix) + token.text();
    return base64_encode(text + "." + seal_of(text, secret));
}

std::optional<TaskToken> parse_task_token_text(std::string_view text, std::uint64_t secret) {
    const auto decoded = base64_decode(text);
    if (!decoded || !decoded->starts_with(kPrefix)) return std::nullopt;
    const char* at = decoded->data() + kPrefix.size();
    const char* end = decoded->data() + decoded->size();
    std::uint64_t execution = 0;
    std::uint32_t frame = 0;
    std::uint32_t attempt = 0;
    if (!read(at, end, execution) || !read(at, end, frame) || !read(at, end, attempt)) {
        return std::nullopt;
    }
    const TaskToken token{ExecutionId{execution}, FrameId{frame}, attempt};
    // One token, one text: a wrong seal, signs, zeroes in front and the like are refused.
    if (!equal_in_constant_time(to_task_token_text(token, secret), text)) return std::nullopt;
    return token;
}

}  // namespace stepwell::core
