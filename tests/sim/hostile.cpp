#include "tests/sim/hostile.hpp"

#include <string>

namespace stepwell::test {
namespace {

std::string nested(int depth) {
    const auto count = static_cast<std::size_t>(depth);
    return std::string(count, '[') + std::string(count, ']');
}

std::string wide(int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) {
        text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":" + std::to_string(i % 7);
    }
    return text + "}";
}

std::string long_text(std::size_t bytes) {
    return "\"" + std::string(bytes - 2, 'x') + "\"";
}

/// Within the limits, whatever it is.
std::string odd_text(Prng& random) {
    switch (random.below(12)) {
        case 0:
            return "null";
        case 1:
            return "[]";
        case 2:
            return "\"\\u0000\\ud83d\\ude00\"";
        case 3:
            return "-0.0";
        case 4:
            return "18446744073709551615";
        case 5:
            return R"({"ok":1,"ok":{"ok":false}})";
        case 6:
            return R"({"":{"$":"$.x","a.$":"$"},"$$":[[],{}]})";
        case 7:
            return nested(kJsonDepthMax);
        case 8:
            return nested(kJsonDepthMax - 1);
        case 9:
            return wide(300);
        case 10:
            return random.below(20) == 0 ? long_text(kPayloadBytesMax) : "\"x\"";
        default:
            return "[1,[2],{\"a\":[3]},null,\"5\"]";
    }
}

}  // namespace

Payload hostile_payload(Prng& random) {
    if (random.below(3) != 0) return Payload::trusted("{\"ok\":true}");
    switch (random.below(16)) {
        case 0:
            return Payload::trusted(nested(kJsonDepthMax + 1));
        case 1:
            return Payload::trusted(random.below(4) == 0 ? nested(50'000) : "{}");
        case 2:
            return Payload::trusted(random.below(8) == 0 ? long_text(kPayloadBytesMax + 1) : "7");
        default:
            return Payload::trusted(odd_text(random));
    }
}

Payload hostile_input(Prng& random) {
    if (random.below(3) != 0) return Payload::trusted("[1,2,3]");
    return Payload::from_text(odd_text(random)).value();
}

}  // namespace stepwell::test
