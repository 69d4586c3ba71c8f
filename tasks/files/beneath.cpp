#include "tasks/files/beneath.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace stepwell::tasks::files {
namespace {

namespace fs = std::filesystem;
using data::data_fail;
using data::DataError;

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

Failure<DataError> beneath_fail(const fs::path& path, int number) {
    const std::string place = path.string() + ": ";
    if (number == ELOOP || number == EXDEV) {
        return data_fail("E_DENIED", place +
                                         "expected a place that no symbolic link leads away from, "
                                         "but there is one on the way");
    }
    const std::string why = std::strerror(number);
    if (number == EACCES || number == EPERM || number == EROFS)
        return data_fail("E_DENIED", place + "expected the right to open it, but: " + why);
    if (number == ENOENT || number == ENOTDIR)
        return data_fail("E_NOT_FOUND", place + "expected it to be there, but: " + why);
    return data_fail("E_DISK", place + "cannot open it: " + why);
}

/// One step down. Sets errno to ELOOP for links whatever else the flags ask for.
int step(int folder, const char* name, int flags) {
    Descriptor opened(::openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC));
    const int number = errno;
    struct stat info {};
    const bool is_link =
        opened ? ::fstat(opened.get(), &info) == 0 && S_ISLNK(info.st_mode)
               : ::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
    if (opened && !is_link) return opened.release();
    errno = is_link ? ELOOP : number;
    return -1;
}

/// Part by part, for kernels and containers without openat2.
int walk(int folder, const fs::path& relative, int flags) {
    Descriptor at;
    for (auto part = relative.begin(); part != relative.end(); ++part) {
        const bool is_last = std::next(part) == relative.end();
        if (*part == "..") {
            errno = EXDEV;
            return -1;
        }
        const int here = at ? at.get() : folder;
        const int next = step(here, part->c_str(), is_last ? flags : O_PATH | O_DIRECTORY);
        if (next < 0 || is_last) return next;
        at.reset(next);
    }
    errno = ENOENT;
    return -1;
}

int open_at(int folder, const fs::path& relative, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const long opened = ::syscall(SYS_openat2, folder, relative.c_str(), &how, sizeof how);
    if (opened >= 0) return static_cast<int>(opened);
    const bool is_missing = errno == ENOSYS || errno == EPERM || errno == EAGAIN;
    return is_missing ? walk(folder, relative, flags) : -1;
}

/// "a/b/" and "./a/b" as "a/b"; the folder itself as "".
fs::path normal(const fs::path& relative) {
    fs::path result;
    for (const auto& part : relative.lexically_normal()) {
        if (!part.empty() && part != ".") result /= part;
    }
    return result;
}

/// Opens the folder `name` of `parent`, made where it is not there.
DataResult<Descriptor> enter(const Descriptor& parent, const fs::path& name,
                             const fs::path& shown) {
    if (::mkdirat(parent.get(), name.c_str(), 0777) == 0) {
        if (::fsync(parent.get()) != 0) return beneath_fail(shown, errno);
    } else if (errno != EEXIST) {
        return beneath_fail(shown, errno);
    }
    Descriptor opened(step(parent.get(), name.c_str(), kFolderFlags));
    if (!opened) return beneath_fail(shown, errno);
    return opened;
}

EntryKind kind_of(int folder, const dirent& entry) {
    switch (entry.d_type) {
        case DT_REG:
            return EntryKind::file;
        case DT_DIR:
            return EntryKind::folder;
        case DT_LNK:
            return EntryKind::link;
        case DT_UNKNOWN:
            break;
        default:
            return EntryKind::other;
    }
    struct stat info {};
    if (::fstatat(folder, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) return EntryKind::other;
    if (S_ISREG(info.st_mode)) return EntryKind::file;
    if (S_ISDIR(info.st_mode)) return EntryKind::folder;
    return S_ISLNK(info.st_mode) ? EntryKind::link : EntryKind::other;
}

}  // namespace

DataResult<Descriptor> open_beneath(const fs::path& folder, const fs::path& relative, int flags) {
    const fs::path below = normal(relative);
    if (below.empty()) {
        Descriptor itself(::open(folder.c_str(), flags | O_CLOEXEC));
        if (!itself) return beneath_fail(folder, errno);
        return itself;
    }
    const Descriptor root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return beneath_fail(folder, errno);
    Descriptor opened(open_at(root.get(), below, flags));
    if (!opened) return beneath_fail(folder / below, errno);
    return opened;
}

DataResult<Descriptor> make_beneath(const fs::path& folder, const fs::path& relative) {
    std::error_code failed;
    fs::create_directories(folder, failed);  // what the configuration names
    fs::path shown = folder;
    Descriptor at(::open(folder.c_str(), kFolderFlags));
    if (!at) return beneath_fail(folder, errno);
    for (const auto& part : normal(relative)) {
        if (part == "..") return beneath_fail(folder / relative, EXDEV);
        shown /= part;
        at = SW_TRY(enter(at, part, shown));
    }
    return at;
}

DataResult<std::vector<Entry>> list_folder(const Descriptor& folder, const fs::path& shown) {
    const int copy = ::openat(folder.get(), ".", kFolderFlags);
    if (copy < 0) return beneath_fail(shown, errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), ::closedir);
    if (!stream) {
        ::close(copy);
        return beneath_fail(shown, errno);
    }
    std::vector<Entry> entries;
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr && errno != 0) return beneath_fail(shown, errno);
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        entries.push_back({std::string(name), kind_of(copy, *entry)});
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return entries;
}

}  // namespace stepwell::tasks::files
