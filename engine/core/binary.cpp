#include "engine/core/binary.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/checksum.hpp"
#include "engine/base/varint.hpp"

namespace stepwell::core {

namespace {

/// Longer texts are told apart by where they are: equal ones are nearly always the same payload.
constexpr std::size_t kShortTextBytesMax = 128;

/// Begins a blob with a sum at its end; what is older begins with the number of a version, which
/// never comes so far.
constexpr char kSealed = 0x7F;

}  // namespace

Writer::Writer() {
    bytes_ += kSealed;
}

std::string Writer::take() && {
    append_sum(bytes_);
    return std::move(bytes_);
}

Reader::Reader(std::string_view bytes) : rest_(bytes) {
    if (bytes.empty() || bytes.front() != kSealed) return;
    if (take_sum(bytes)) {
        rest_ = bytes.substr(1);
    } else {
        break_off();
    }
}

void Writer::number(std::uint64_t value) {
    put_varint(bytes_, value);
}

/// The text's number; 0 where it is new, and then it gets the next one.
std::uint64_t Writer::known(const std::string& text) {
    const bool is_short = text.size() <= kShortTextBytesMax;
    for (std::size_t i = 0; i < std::min<std::size_t>(texts_, first_texts_.size()); ++i) {
        const std::string_view one = first_texts_[i];
        const bool is_same =
            one.size() == text.size() && (one.data() == text.data() || (is_short && one == text));
        if (is_same) return i + 1;
    }
    if (texts_ < first_texts_.size()) {
        first_texts_[texts_++] = text;
        return 0;
    }
    auto& later = is_short ? short_texts_[text] : long_texts_[text.data()];
    if (later != 0) return later;
    later = ++texts_;
    return 0;
}

void Writer::put(const std::string& text) {
    if (const std::uint64_t number_of_text = known(text); number_of_text != 0) {
        return number(number_of_text);
    }
    number(0);
    number(text.size());
    bytes_ += text;
}

void Writer::operator()(const Payload& payload) {
    if (numbers_) {
        const std::uint64_t number_of_payload = numbers_->number_of(payload);
        number(number_of_payload);
        if (number_of_payload != 0) return;
    }
    put(payload.text());
}

void Reader::operator()(Payload& payload) {
    const std::uint64_t number_of_payload = payloads_ ? number() : 0;
    if (number_of_payload == 0) {
        payload = get();
        return;
    }
    const auto found = payloads_->find(number_of_payload);
    if (found == payloads_->end()) return break_off();
    payload = found->second;
}

std::uint64_t Reader::number() {
    if (const auto value = take_varint(rest_)) return *value;
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
