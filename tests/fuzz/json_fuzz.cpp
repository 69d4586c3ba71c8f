// Any bytes as JSON: refused with a message, or read, written and read again as the same document.
#include "engine/base/payload.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = test::text_of(data, size);
    const auto parsed = parse_json(text);
    SW_ASSERT(check_json(text).has_value() == parsed.has_value());
    if (!parsed) {
        SW_ASSERT(!parsed.error().message.empty());
        return 0;
    }
    const std::string written = to_text(*parsed);
    const auto again = parse_json(written);
    SW_ASSERT(again.has_value());
    SW_ASSERT(to_text(*again) == written);
    SW_ASSERT(!is_deeper_than(*parsed, kJsonDepthMax));
    auto payload = Payload::from_text(std::string(text));
    SW_ASSERT(payload.has_value() == (size <= kPayloadBytesMax));
    if (!payload) return 0;
    SW_ASSERT(payload->text() == text && payload->json() == *parsed);
    SW_ASSERT(payload->is_within_limits());
    return 0;
}
