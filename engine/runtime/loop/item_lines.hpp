// Reads what a task has read for a Map Run: a file of lines, of which a page is in memory.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/base/descriptor.hpp"
#include "engine/base/result.hpp"

namespace stepwell::runtime {

class ItemLines {
public:
    /// Fails with `io` where the file is not there.
    static Result<ItemLines> open(const std::filesystem::path& path);

    /// The line that begins at byte `at`, without its end; valid until the next call. Fails with
    /// `corruption` where none ends behind it, `io` where it cannot be read.
    Result<std::string_view> line_at(std::uint64_t at);

private:
    ItemLines(std::filesystem::path path, Descriptor file)
        : path_(std::move(path)), file_(std::move(file)) {}
    Result<void> read_on(std::uint64_t from);

    std::filesystem::path path_;
    Descriptor file_;
    std::string page_;
    std::uint64_t page_at_ = 0;  // where in the file it begins
};

}  // namespace stepwell::runtime
