// Rows on their way from one engine to another: values as they are, by column, never as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data {

/// Whether a double has this very number.
constexpr bool is_exact_real(std::int64_t number) {
    constexpr std::int64_t kExactMax = 9'007'199'254'740'992;  // 2^53
    return number <= kExactMax && number >= -kExactMax;
}

/// A value as every engine knows it. Other types travel as text in the engine's own form.
struct BatchValue {
    enum class Kind : std::uint8_t { null, integer, real, text, blob };

    Kind kind = Kind::null;
    union {
        std::int64_t integer = 0;
        double real;
    };
    std::string_view bytes;  // of text and blob

    static BatchValue of_integer(std::int64_t number) {
        BatchValue value;
        value.kind = Kind::integer;
        value.integer = number;
        return value;
    }
    static BatchValue of_real(double number) {
        BatchValue value;
        value.kind = Kind::real;
        value.real = number;
        return value;
    }
    static BatchValue of_bytes(Kind kind, std::string_view bytes) {
        BatchValue value;
        value.kind = kind;
        value.bytes = bytes;
        return value;
    }
    /// The number or text as text, in `scratch` where it must be written. REQUIRES: no blob, not
    /// null.
    [[nodiscard]] std::string_view as_text(std::string& scratch) const;
};

/// Some rows. Texts and blobs are valid only as long as whoever made the batch says.
struct Batch {
    static constexpr std::size_t kRowsMax = 2048;

    explicit Batch(std::size_t width) : columns(width) {}
    std::size_t rows = 0;
    std::vector<std::vector<BatchValue>> columns;  // each has at least `rows` values
};

/// Bytes that stay where they are until all are let go of.
class BatchBytes {
public:
    std::string_view keep(std::string_view bytes);
    void clear();

private:
    static constexpr std::size_t kBlockBytes = 256U << 10U;
    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t used_ = kBlockBytes;  // of the last block
};

/// Appends rows to one table. Belongs to the connection's thread.
class BatchWriter {
public:
    virtual ~BatchWriter() = default;
    /// Fails with E_FORMAT where a value is not one of its column's type.
    virtual DataResult<void> add(const Batch& batch) = 0;
    /// Writes what is still held back. REQUIRES: called before the rows are looked at.
    virtual DataResult<void> finish() = 0;
};

}  // namespace stepwell::tasks::data
