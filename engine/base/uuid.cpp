#include "engine/base/uuid.hpp"

#include <array>
#include <cstdio>

namespace stepwell {

std::string uuid4(Prng& random) {
    const std::uint64_t high = (random.next() & ~0xF000ull) | 0x4000ull;
    const std::uint64_t low = (random.next() & ~(3ull << 62)) | (1ull << 63);
    std::array<char, 37> text{};
    std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%04x-%012llx", unsigned(high >> 32),
                  unsigned(high >> 16) & 0xFFFFu, unsigned(high) & 0xFFFFu, unsigned(low >> 48),
                  static_cast<unsigned long long>(low & 0xFFFF'FFFF'FFFFull));
    return {text.data(), 36};
}

}  // namespace stepwell
