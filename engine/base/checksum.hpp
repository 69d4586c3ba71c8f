// A short sum that tells damaged bytes from those that were written. No secret is in it: it finds
// accidents, not forgeries.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace stepwell {

/// Eight bytes at a time, the last ones filled up with zeros. Each step can be undone, so that no
/// damage gets lost on the way, and folds its upper half into the lower one, which is the sum: two
/// texts have the same one once in 2^32.
inline std::uint32_t checksum(std::string_view bytes) {
    static_assert(std::endian::native == std::endian::little, "or the sum depends on the machine");
    std::uint64_t state = 0x9E3779B97F4A7C15ULL ^ bytes.size();
    const auto add = [&](std::uint64_t word) {
        state = (state ^ word) * 0x9FB21C651E98DF25ULL;
        state ^= state >> 32;
    };
    std::uint64_t word = 0;
    for (; bytes.size() >= sizeof(word); bytes.remove_prefix(sizeof(word))) {
        std::memcpy(&word, bytes.data(), sizeof(word));
        add(word);
    }
    word = 0;
    if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
    add(word);
    return static_cast<std::uint32_t>(state);  // to fold it again would undo the last step's
}

/// Puts the sum of `bytes` behind them.
inline void append_sum(std::string& bytes) {
    const std::uint32_t sum = checksum(bytes);
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(sum >> shift);
}

/// Takes the sum off again. False where nothing is before it, or something else than was: then it
/// takes nothing.
[[nodiscard]] inline bool take_sum(std::string_view& bytes) {
    if (bytes.size() <= 4) return false;
    const std::string_view body = bytes.substr(0, bytes.size() - 4);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        sum |= std::uint32_t{static_cast<unsigned char>(bytes[body.size() + i])} << (8 * i);
    }
    if (sum != checksum(body)) return false;
    bytes = body;
    return true;
}

}  // namespace stepwell
