#include <charconv>

#include "engine/base/digest.hpp"
#include "engine/core/command.hpp"

namespace stepwell::core {

namespace {

/// Says what it is, and lets the form change one day.
constexpr std::string_view kPrefix = "stepwell:1:";

/// Reads a number up to `end` or the next dot, and steps over that.
template <class Number>
bool read(const char*& at, const char* end, Number& number) {
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || next == at) return false;
    at = next;
    if (at != end && *at == '.') ++at;
    return true;
}

}  // namespace

std::string to_task_token_text(const TaskToken& token) {
    return base64_encode(std::string(kPrefix) + token.text());
}

std::optional<TaskToken> parse_task_token_text(std::string_view text) {
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
    // One token, one text: signs, zeroes in front and the like are refused.
    if (to_task_token_text(token) != text) return std::nullopt;
    return token;
}

}  // namespace stepwell::core
