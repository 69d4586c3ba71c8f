#include "engine/runtime/loop/head.hpp"

#include <cstdint>

#include "engine/base/checksum.hpp"
#include "engine/base/varint.hpp"

namespace stepwell::runtime {
namespace {

/// Begins a head with a sum at its end; what is older begins with the size of its header, which is
/// never empty.
constexpr char kSealed = 0;

void put_text(std::string& bytes, std::string_view text) {
    put_varint(bytes, text.size());
    bytes.append(text);
}

class Source {
public:
    explicit Source(std::string_view bytes) : rest_(bytes) {
        if (bytes.empty() || bytes.front() != kSealed) return;
        is_bad_ = !take_sum(bytes);
        rest_ = bytes.substr(1);
    }
    [[nodiscard]] bool is_bad() const { return is_bad_; }
    [[nodiscard]] bool is_done() const { return is_bad_ || rest_.empty(); }

    std::uint64_t number() {
        const auto number = take_varint(rest_);
        if (!number) is_bad_ = true;
        return number.value_or(0);
    }
    std::string text() {
        const std::uint64_t size = number();
        if (size > rest_.size()) is_bad_ = true;
        if (is_bad_) return {};
        std::string text(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return text;
    }

private:
    std::string_view rest_;
    bool is_bad_ = false;
};

}  // namespace

std::string encode_head(std::string_view header, const std::vector<core::Record>& records) {
    std::string bytes;
    std::size_t size = header.size() + 16;
    for (const auto& record : records) size += record.bytes.size() + 16;
    bytes.reserve(size);
    bytes += kSealed;
    put_text(bytes, header);
    for (const auto& record : records) {
        put_varint(bytes, value_of(record.key));
        put_text(bytes, record.bytes);
    }
    append_sum(bytes);
    return bytes;
}

Result<Head> decode_head(std::string_view bytes) {
    Source source(bytes);
    Head head;
    head.header = source.text();
    while (!source.is_done()) {
        const auto key = static_cast<core::RecordKey>(source.number());
        head.records.push_back({key, source.text()});
    }
    if (source.is_bad()) {
        return fail(ErrorCode::corruption,
                    "expected the head in its open row, but what is stored is damaged");
    }
    return head;
}

}  // namespace stepwell::runtime
