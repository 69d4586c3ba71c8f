// A file read byte by byte, of which a block is in memory at a time.
//
// Threads: one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/descriptor.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::map_items {

using data::DataError;
using data::DataResult;

class ByteSource {
public:
    static constexpr int kEnd = -1;

    /// `name`: as messages say it. A mark of UTF-8 at the beginning is passed over.
    ByteSource(Descriptor file, std::string name);

    /// The next byte, 0 to 255; kEnd behind the last one, or where the file cannot be read.
    int next() { return at_ < end_ || fill() ? static_cast<unsigned char>(block_[at_++]) : kEnd; }
    /// The same, and it stays the next one.
    int peek() { return at_ < end_ || fill() ? static_cast<unsigned char>(block_[at_]) : kEnd; }

    /// Fails where what looked like the end was none.
    [[nodiscard]] DataResult<void> check() const;
    /// "NAME: MESSAGE" with `code`.
    [[nodiscard]] Failure<DataError> fault(std::string code, const std::string& message) const;

private:
    bool fill();

    Descriptor file_;
    std::string name_;
    std::vector<char> block_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;
    std::optional<DataError> trouble_;
};

}  // namespace stepwell::tasks::map_items
