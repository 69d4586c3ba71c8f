#include "tasks/files/moves.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/base/digest.hpp"
#include "tasks/files/beneath.hpp"

namespace stepwell::tasks::files {
namespace {

namespace fs = std::filesystem;
using data::data_fail;
using data::DataError;

Failure<DataError> move_fail(const Place& place, std::string_view doing) {
    const int number = errno;
    const bool is_denied = number == EACCES || number == EPERM || number == EROFS;
    return data_fail(
        is_denied ? "E_DENIED" : "E_DISK",
        place.path().string() + ": " + std::string(doing) + ": " + std::strerror(number));
}

DataResult<Descriptor> folder_of(const Place& place) {
    return open_beneath(place.root, place.relative.parent_path(), O_RDONLY | O_DIRECTORY);
}

std::string name_of(const Place& place) {
    return place.relative.filename().string();
}

DataResult<void> sync(const Descriptor& file, const Place& place) {
    if (::fsync(file.get()) != 0) return move_fail(place, "cannot flush it");
    return {};
}

DataResult<Descriptor> open_file(const Descriptor& folder, const Place& place) {
    Descriptor file(
        ::openat(folder.get(), name_of(place).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) return move_fail(place, "cannot read it");
    return file;
}

bool is_in(const Descriptor& folder, const Place& place) {
    struct stat info {};
    return ::fstatat(folder.get(), name_of(place).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/// Calls `take` with each piece of the file.
template <class Take>
DataResult<void> read_pieces(const Descriptor& file, const Place& place, Take take) {
    std::array<char, 256 * 1024> piece;
    while (true) {
        const ssize_t count = ::read(file.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return move_fail(place, "cannot read it");
        if (count == 0) return {};
        SW_TRY(take(std::string_view(piece.data(), static_cast<std::size_t>(count))));
    }
}

DataResult<std::string> digest_of(const Descriptor& folder, const Place& place) {
    const Descriptor file = SW_TRY(open_file(folder, place));
    Sha256 digest;
    SW_TRY(read_pieces(file, place, [&](std::string_view piece) -> DataResult<void> {
        digest.update(piece);
        return {};
    }));
    return digest.hex();
}

/// Hidden from readers of the folder until it has its name; the same for each attempt to bring the
/// one file to the other place, so that a repeat takes the draft of one that was killed.
DataResult<std::string> draft_name(const Place& source, const Place& target) {
    constexpr std::size_t kCharacters = 32;
    const std::string places = source.path().string() + '\0' + target.path().string();
    const auto digest = digest_hex("SHA-256", places);
    if (!digest) return data_fail("E_INTERNAL", "expected SHA-256, but the library has none");
    return "_tmp-" + digest->substr(0, kCharacters);
}

DataResult<void> write_all(const Descriptor& file, const Place& place, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file.get(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return move_fail(place, "cannot write it");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

/// Whether the folder has the opened file by this name, and it has no other one: what is written
/// into it is written nowhere else.
bool is_sole_name(const Descriptor& folder, const std::string& name, const Descriptor& file) {
    struct stat own {};
    struct stat named {};
    return ::fstat(file.get(), &own) == 0 && S_ISREG(own.st_mode) && own.st_nlink == 1 &&
           ::fstatat(folder.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

/// The draft of this name, empty, and nobody else's as long as it is open. Waits for an attempt
/// that still writes it.
DataResult<Descriptor> open_draft(const Descriptor& folder, const std::string& name,
                                  const Place& place) {
    constexpr int kTriesMax = 100;
    constexpr int kFlags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    for (int i = 0; i < kTriesMax; ++i) {
        Descriptor file(::openat(folder.get(), name.c_str(), kFlags, 0666));
        while (file && ::flock(file.get(), LOCK_EX) != 0 && errno == EINTR) continue;
        if (file && is_sole_name(folder, name, file)) {
            if (::ftruncate(file.get(), 0) == 0) return file;
            return move_fail(place, "cannot write beside it");
        }
        // Whoever had it has given it its name meanwhile; or it is a link, which nobody made here.
        struct stat named {};
        const bool is_link =
            ::fstatat(folder.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
            (!S_ISREG(named.st_mode) || named.st_nlink > 1);
        if (is_link) ::unlinkat(folder.get(), name.c_str(), 0);
        if (!file && !is_link) break;
    }
    return move_fail(place, "cannot write beside it");
}

/// What the file holds, flushed.
DataResult<void> copy_into(const Descriptor& out, const Place& target, const Descriptor& from,
                           const Place& source) {
    const Descriptor file = SW_TRY(open_file(from, source));
    SW_TRY(read_pieces(file, source,
                       [&](std::string_view piece) { return write_all(out, target, piece); }));
    return sync(out, target);
}

/// Whether it is renamed now; false: another file has the name. errno is EXDEV where the two are on
/// different file systems.
DataResult<bool> rename_to(const Descriptor& from, const std::string& name, const Descriptor& to,
                           const Place& target, IfThere if_there) {
    const std::string wanted = name_of(target);
    const unsigned flags = if_there == IfThere::refuse ? RENAME_NOREPLACE : 0U;
    if (::renameat2(from.get(), name.c_str(), to.get(), wanted.c_str(), flags) == 0) return true;
    if (errno == EEXIST) return false;
    if (errno == EINVAL || errno == ENOSYS) {
        // A file system without the flag: a second name, which is refused where one is there.
        if (::linkat(from.get(), name.c_str(), to.get(), wanted.c_str(), 0) == 0) {
            if (::unlinkat(from.get(), name.c_str(), 0) == 0) return true;
        } else if (errno == EEXIST) {
            return false;
        }
    }
    return move_fail(target, "cannot move a file there");
}

/// By way of a copy beside the target.
DataResult<bool> copy_to(const Descriptor& from, const Place& source, const Descriptor& to,
                         const Place& target, IfThere if_there) {
    const std::string draft = SW_TRY(draft_name(source, target));
    const Descriptor out = SW_TRY(open_draft(to, draft, target));
    DataResult<bool> renamed = false;
    if (auto copied = copy_into(out, target, from, source); copied) {
        renamed = rename_to(to, draft, to, target, if_there);
    } else {
        renamed = fail(std::move(copied).error());
    }
    if (!renamed || !*renamed) ::unlinkat(to.get(), draft.c_str(), 0);
    if (!renamed || !*renamed) return renamed;
    SW_TRY(sync(to, target));
    if (::unlinkat(from.get(), name_of(source).c_str(), 0) != 0)
        return move_fail(source, "cannot remove what was copied to " + target.path().string());
    return true;
}

bool is_on_one_disk(const Descriptor& a, const Descriptor& b) {
    struct stat left {};
    struct stat right {};
    return ::fstat(a.get(), &left) == 0 && ::fstat(b.get(), &right) == 0 &&
           left.st_dev == right.st_dev;
}

}  // namespace

DataResult<void> move_file(const Place& from, const Place& to, IfThere if_there) {
    const Descriptor source = SW_TRY(folder_of(from));
    if (!is_in(source, from)) {
        return data_fail("E_NOT_FOUND",
                         from.path().string() + ": expected a file to move, but it is gone");
    }
    const Descriptor target = SW_TRY(make_beneath(to.root, to.relative.parent_path()));
    const bool is_moved = is_on_one_disk(source, target)
                              ? SW_TRY(rename_to(source, name_of(from), target, to, if_there))
                              : SW_TRY(copy_to(source, from, target, to, if_there));
    if (!is_moved) {
        if (SW_TRY(digest_of(source, from)) != SW_TRY(digest_of(target, to))) {
            return data_fail("E_CONFLICT", to.path().string() +
                                               ": expected no file of this name, but an older one "
                                               "is there; it stays, and so does " +
                                               from.path().string());
        }
        if (::unlinkat(source.get(), name_of(from).c_str(), 0) != 0)
            return move_fail(from, "cannot remove it");
    }
    SW_TRY(sync(target, to));
    return sync(source, from);
}

DataResult<void> remove_file(const Place& place) {
    auto opened = folder_of(place);
    if (!opened && opened.error().code == "E_NOT_FOUND") return {};
    const Descriptor folder = SW_TRY(std::move(opened));
    if (::unlinkat(folder.get(), name_of(place).c_str(), 0) != 0 && errno != ENOENT)
        return move_fail(place, "cannot remove it");
    return {};
}

DataResult<std::string> sha256_of(const Place& place) {
    return digest_of(SW_TRY(folder_of(place)), place);
}

}  // namespace stepwell::tasks::files
