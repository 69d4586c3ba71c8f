#include "engine/runtime/loop/head.hpp"

#include <cstdint>

namespace stepwell::runtime {
namespace {

void put_number(std::string& bytes, std::uint64_t number) {
    while (number >= 0x80) {
        bytes += static_cast<char>((number & 0x7f) | 0x80);
        number >>= 7;
    }
    bytes += static_cast<char>(number);
}

void put_text(std::string& bytes, std::string_view text) {
    put_number(bytes, text.size());
    bytes.append(text);
}

class Source {
public:
    explicit Source(std::string_view bytes) : rest_(bytes) {}
    [[nodiscard]] bool is_bad() const { return is_bad_; }
    [[nodiscard]] bool is_done() const { return is_bad_ || rest_.empty(); }

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        is_bad_ = true;
        return 0;
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
    std::size_t size = header.size() + 8;
    for (const auto& record : records) size += record.bytes.size() + 16;
    bytes.reserve(size);
    put_text(bytes, header);
    for (const auto& record : records) {
        put_number(bytes, value_of(record.key));
        put_text(bytes, record.bytes);
    }
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
                    "expected an execution's head, but it is cut or mangled");
    }
    return head;
}

}  // namespace stepwell::runtime
