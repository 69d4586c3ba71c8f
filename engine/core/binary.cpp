#include "engine/core/binary.hpp"

namespace stepwell::core {

namespace {

/// Longer texts are told apart by where they are: equal ones are nearly always the same payload.
constexpr std::size_t kShortTextBytesMax = 128;

}  // namespace

void Writer::number(std::uint64_t value) {
    while (value >= 0x80) {
        bytes_ += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    bytes_ += static_cast<char>(value);
}

void Writer::put(const std::string& text) {
    const bool is_short = text.size() <= kShortTextBytesMax;
    auto& known = is_short ? short_texts_[text] : long_texts_[text.data()];
    if (known != 0) return number(known);
    known = ++texts_;
    number(0);
    number(text.size());
    bytes_ += text;
}

std::uint64_t Reader::number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) return value;
    }
    break_off();
    return 0;
}

Payload Reader::get() {
    const std::uint64_t known = number();
    if (known != 0) {
        if (known <= texts_.size()) return texts_[static_cast<std::size_t>(known - 1)];
        break_off();
        return Payload();
    }
    const std::uint64_t size = number();
    if (!is_ok_ || size > rest_.size()) {
        break_off();
        return Payload();
    }
    texts_.push_back(
        Payload::trusted(std::string(rest_.substr(0, static_cast<std::size_t>(size)))));
    rest_.remove_prefix(static_cast<std::size_t>(size));
    return texts_.back();
}

}  // namespace stepwell::core
