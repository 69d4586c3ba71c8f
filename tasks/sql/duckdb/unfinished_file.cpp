#include "tasks/sql/duckdb/unfinished_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "engine/base/descriptor.hpp"

namespace stepwell::tasks::data {
namespace {

/// Three blocks of 4 KiB, which are written and synced before anything else is.
constexpr std::size_t kHeadBytes = 12'288;
constexpr std::size_t kMagicAt = 8;
constexpr std::string_view kMagic = "DUCK";

/// The engine locks a file that it has open.
bool is_locked(int descriptor) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return ::fcntl(descriptor, F_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

bool begins_as_a_database(std::string_view head) {
    const bool is_blank = std::all_of(head.begin(), head.end(), [](char c) { return c == '\0'; });
    return is_blank || (head.size() >= kMagicAt && head.substr(kMagicAt, 4) == kMagic);
}

}  // namespace

std::optional<std::uintmax_t> remove_unfinished_duckdb(const std::filesystem::path& path) {
    std::error_code none;
    const std::uintmax_t size = std::filesystem::file_size(path, none);
    if (none || size >= kHeadBytes) return std::nullopt;
    const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file || is_locked(file.get())) return std::nullopt;
    const auto log = std::filesystem::file_size(path.string() + ".wal", none);
    if (!none && log > 0) return std::nullopt;
    std::string head(size, '\0');
    const ssize_t got = ::pread(file.get(), head.data(), head.size(), 0);
    if (got != static_cast<ssize_t>(size) || !begins_as_a_database(head)) return std::nullopt;
    if (::unlink(path.c_str()) != 0) return std::nullopt;
    return size;
}

}  // namespace stepwell::tasks::data
