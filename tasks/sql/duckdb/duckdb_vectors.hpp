// Reads and writes the values of the library's vectors.
#pragma once

#include <cstring>
#include <string_view>

#include "tasks/sql/duckdb/duckdb_api.hpp"

namespace stepwell::tasks::data::duckdb {

/// Valid as long as the vector.
inline std::string_view text_of(const StringData& string) {
    if (string.length <= kInlinedBytesMax) return {string.inlined, string.length};
    const char* pointer = nullptr;
    std::memcpy(&pointer, string.inlined + sizeof(std::uint32_t), sizeof pointer);
    return {pointer, string.length};
}

/// A vector that is read.
struct SourceVector {
    Handle vector = nullptr;
    const void* data = nullptr;
    const std::uint64_t* validity = nullptr;  // nullptr = all are valid

    SourceVector(const Api& api, Handle from)
        : vector(from), data(api.vector_get_data(from)), validity(api.vector_get_validity(from)) {}
    [[nodiscard]] bool is_null(Size row) const {
        return validity != nullptr && ((validity[row / 64] >> (row % 64)) & 1U) == 0;
    }
    template <class T>
    [[nodiscard]] T at(Size row) const {
        return static_cast<const T*>(data)[row];
    }
    [[nodiscard]] std::string_view text(Size row) const {
        return text_of(static_cast<const StringData*>(data)[row]);
    }
};

/// A vector that is written.
struct TargetVector {
    Handle vector = nullptr;
    void* data = nullptr;
    std::uint64_t* validity = nullptr;  // made when the first NULL comes

    TargetVector(const Api& api, Handle to) : vector(to), data(api.vector_get_data(to)) {}
    void set_null(const Api& api, Size row) {
        if (validity == nullptr) {
            api.vector_ensure_validity_writable(vector);
            validity = api.vector_get_validity(vector);
        }
        validity[row / 64] &= ~(1ULL << (row % 64));
    }
    template <class T>
    void set(Size row, T value) {
        static_cast<T*>(data)[row] = value;
    }
    void set_text(const Api& api, Size row, std::string_view text) {
        if (text.size() > kInlinedBytesMax) {
            api.vector_assign_string_element_len(vector, row, text.data(), text.size());
            return;
        }
        set_short(row, text);
    }
    /// The text that stands in row `from` of the same vector.
    void repeat(Size row, Size from) {
        auto* texts = static_cast<StringData*>(data);
        texts[row] = texts[from];
    }
    /// Of what is known to be UTF-8: the library does not look.
    void set_utf8(const Api& api, Size row, std::string_view text) {
        if (text.size() > kInlinedBytesMax) {
            api.assign_utf8(vector, row, text.data(), text.size());
            return;
        }
        set_short(row, text);
    }

private:
    void set_short(Size row, std::string_view text) {
        auto& string = static_cast<StringData*>(data)[row];
        string.length = static_cast<std::uint32_t>(text.size());
        std::memset(string.inlined, 0, sizeof string.inlined);
        std::memcpy(string.inlined, text.data(), text.size());
    }
};

}  // namespace stepwell::tasks::data::duckdb
