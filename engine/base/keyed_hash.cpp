#include "engine/base/keyed_hash.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <random>

namespace stepwell {
namespace {

using Words = std::array<std::uint64_t, 4>;

/// The state that every hash begins with: the constants of SipHash under a key of this process.
const Words& seeded() {
    static const Words words = [] {
        std::random_device device;
        const auto draw = [&] { return std::uint64_t{device()} << 32 | device(); };
        const std::uint64_t k0 = draw();
        const std::uint64_t k1 = draw();
        return Words{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                     k1 ^ 0x7465646279746573};
    }();
    return words;
}

void mix(Words& v) {
    v[0] += v[1];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[0] = std::rotl(v[0], 32);
    v[2] += v[3];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
}

void absorb(Words& v, std::uint64_t word) {
    v[3] ^= word;
    mix(v);
    v[0] ^= word;
}

}  // namespace

std::uint64_t keyed_hash(std::string_view text) {
    Words v = seeded();
    std::uint64_t last = std::uint64_t{text.size()} << 56;
    for (; text.size() >= sizeof last; text.remove_prefix(sizeof last)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), sizeof word);
        absorb(v, word);
    }
    std::uint64_t rest = 0;
    if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
    absorb(v, last | rest);
    v[2] ^= 0xff;
    for (int round = 0; round < 3; ++round) mix(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

}  // namespace stepwell
