// A file that is written piece by piece, and appears under its name when it is whole.
//
// Threads: none of its own; belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/descriptor.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/result.hpp"

namespace stepwell::tasks {

class SavedBody {
public:
    /// Begins a file beside `path`, whose folder it makes where it is missing; `key` is the same in
    /// all attempts at the same thing, so that one cleans up what the attempt before left.
    static Result<std::unique_ptr<SavedBody>> begin(std::filesystem::path path,
                                                    std::string_view key);
    /// Removes what was not published.
    ~SavedBody();
    SavedBody(const SavedBody&) = delete;
    SavedBody& operator=(const SavedBody&) = delete;

    Result<void> write(std::string_view piece);
    /// Begins again with nothing.
    Result<void> clear();
    /// Durable, and under its name, on return; replaces what was there.
    Result<void> publish();

    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    /// Of all that was written. REQUIRES: published.
    [[nodiscard]] const std::string& sha256() const { return sha256_; }

private:
    SavedBody(std::filesystem::path path, std::filesystem::path part, Descriptor file);

    const std::filesystem::path path_;
    std::filesystem::path part_;  // empty: there is none any more
    Descriptor file_;
    Sha256 digest_;
    std::uint64_t bytes_ = 0;
    std::string sha256_;
};

}  // namespace stepwell::tasks
