// Plain tar archives (ustar) of a few regular files, so that `tar` can look into them, too.
//
// Threads: an archive belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace stepwell::journal {

class TarWriter {
public:
    /// Fails with `conflict` where the file is there already, `io`.
    static Result<TarWriter> create(const std::filesystem::path& path);

    Result<void> add(std::string_view name, std::string_view content);
    /// `size`: of the file, which must not change meanwhile.
    Result<void> add_file(std::string_view name, const std::filesystem::path& file);
    /// Everything is on stable storage on return.
    Result<void> finish();

private:
    TarWriter(std::filesystem::path path, std::ofstream out)
        : path_(std::move(path)), out_(std::move(out)) {}
    Result<void> write(std::string_view bytes);
    Result<void> begin(std::string_view name, std::uint64_t size);
    Result<void> pad(std::uint64_t size);

    std::filesystem::path path_;
    std::ofstream out_;
};

/// Calls `member` with each file's name and size, in order; it gives where to write the content,
/// or an empty path to skip it. Fails with `corruption` where the archive is cut or mangled, with
/// whatever `member` fails with, `io`.
Result<void> read_tar(
    const std::filesystem::path& path,
    const std::function<Result<std::filesystem::path>(const std::string& name, std::uint64_t size)>&
        member);

/// On return the file (or the entries of the folder) is on stable storage.
Result<void> flush_to_disk(const std::filesystem::path& path);

}  // namespace stepwell::journal
