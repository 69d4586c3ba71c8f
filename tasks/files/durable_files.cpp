#include "tasks/files/durable_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>

#include "engine/base/descriptor.hpp"
#include "engine/base/uuid.hpp"

namespace stepwell::tasks::files {
namespace {

namespace fs = std::filesystem;
using data::data_fail;
using data::DataError;

Failure<DataError> os_fail(const fs::path& path, std::string_view doing) {
    const int number = errno;
    const std::string code = number == EACCES || number == EROFS ? "E_DENIED" : "E_DISK";
    return data_fail(code,
                     path.string() + ": " + std::string(doing) + ": " + std::strerror(number));
}

DataResult<void> sync_path(const fs::path& path, int flags) {
    const Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
    if (!file) return os_fail(path, "cannot open it to flush it");
    if (::fsync(file.get()) != 0) return os_fail(path, "cannot flush it");
    return {};
}

DataResult<void> write_all(int number, const fs::path& path, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(number, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return os_fail(path, "cannot write it");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(number) != 0) return os_fail(path, "cannot flush it");
    return {};
}

/// A number of the process alone would come again: who died may have left a file under it.
std::string temporary_name(const fs::path& path) {
    std::random_device device;
    Prng random((static_cast<std::uint64_t>(device()) << 32) ^ device());
    return path.string() + std::string(kDraftMark) + uuid4(random);
}

}  // namespace

bool is_there(const fs::path& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0;
}

DataResult<void> sync_folder(const fs::path& folder) {
    return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

DataResult<void> sync_tree(const fs::path& folder) {
    std::error_code failed;
    std::vector<fs::path> folders = {folder};
    for (fs::recursive_directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
        if (it->is_directory())
            folders.push_back(it->path());
        else
            SW_TRY(sync_path(it->path(), O_RDONLY));
    }
    if (failed)
        return data_fail("E_DISK", folder.string() + ": cannot list it: " + failed.message());
    // Inner folders first, so that nothing durable names what is not.
    for (auto it = folders.rbegin(); it != folders.rend(); ++it) SW_TRY(sync_folder(*it));
    return {};
}

DataResult<void> make_folder(const fs::path& folder) {
    if (is_there(folder)) return {};
    if (folder.has_parent_path() && folder.parent_path() != folder)
        SW_TRY(make_folder(folder.parent_path()));
    if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
        return os_fail(folder, "cannot make the folder");
    return sync_folder(folder.parent_path());
}

DataResult<void> create_file(const fs::path& path, std::string_view text) {
    const fs::path temporary = temporary_name(path);
    {
        const Descriptor file(
            ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (!file) return os_fail(temporary, "cannot make the file");
        auto written = write_all(file.get(), temporary, text);
        if (!written) {
            ::unlink(temporary.c_str());
            return written;
        }
    }
    const int linked = ::link(temporary.c_str(), path.c_str());
    const int number = errno;
    ::unlink(temporary.c_str());
    if (linked != 0 && number == EEXIST) {
        return data_fail("E_CONFLICT",
                         path.string() + ": expected a new name, but another writer made it first");
    }
    errno = number;
    if (linked != 0) return os_fail(path, "cannot make the file");
    return sync_folder(path.parent_path());
}

DataResult<std::string> read_file(const fs::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return os_fail(path, "cannot read it");
    std::string text;
    char buffer[64 * 1024];
    while (true) {
        const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_fail(path, "cannot read it");
        if (count == 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
    }
}

DataResult<void> rename_path(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return os_fail(from, "cannot move it to " + to.string());
}

DataResult<bool> exchange(const fs::path& left, const fs::path& right) {
    if (::renameat2(AT_FDCWD, left.c_str(), AT_FDCWD, right.c_str(), RENAME_EXCHANGE) == 0)
        return true;
    if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return false;
    return os_fail(left, "cannot swap it with " + right.string());
}

DataResult<void> link_file(const fs::path& from, const fs::path& to) {
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    if (errno != EPERM && errno != EMLINK && errno != ENOTSUP)
        return os_fail(from, "cannot link it as " + to.string());
    // No half copy may have the name.
    const fs::path copy = temporary_name(to);
    std::error_code failed;
    fs::copy_file(from, copy, failed);
    if (failed) {
        ::unlink(copy.c_str());
        return data_fail("E_DISK", from.string() + ": cannot copy it: " + failed.message());
    }
    SW_TRY(sync_path(copy, O_RDONLY));
    return rename_path(copy, to);
}

DataResult<void> remove_tree(const fs::path& path) {
    std::error_code failed;
    fs::remove_all(path, failed);
    if (failed)
        return data_fail("E_DISK", path.string() + ": cannot remove it: " + failed.message());
    return {};
}

DataResult<std::vector<std::string>> files_below(const fs::path& folder) {
    std::vector<std::string> files;
    std::error_code failed;
    if (!is_there(folder)) return files;
    for (fs::recursive_directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
        if (!it->is_directory()) files.push_back(it->path().lexically_relative(folder).string());
    }
    if (failed)
        return data_fail("E_DISK", folder.string() + ": cannot list it: " + failed.message());
    std::sort(files.begin(), files.end());
    return files;
}

DataResult<std::shared_ptr<void>> lock_file(const fs::path& path, LockKind kind,
                                            std::chrono::milliseconds timeout,
                                            const std::function<bool()>& is_cancelled) {
    constexpr auto kPause = std::chrono::milliseconds(5);
    auto file =
        std::make_shared<Descriptor>(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    // A reader without the right to write may still lock.
    if (!*file) file = std::make_shared<Descriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!*file) return os_fail(path, "cannot open the lock");
    const int operation = (kind == LockKind::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (::flock(file->get(), operation) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) return os_fail(path, "cannot lock it");
        if (is_cancelled && is_cancelled())
            return data_fail("E_CANCELLED", "cancelled while waiting for " + path.string());
        if (std::chrono::steady_clock::now() >= deadline) {
            return data_fail("E_LOCKED",
                             path.string() + ": expected the lock, but another task held it for " +
                                 std::to_string(timeout.count()) + " ms; try again later");
        }
        std::this_thread::sleep_for(kPause);
    }
    return std::shared_ptr<void>(std::move(file));
}

}  // namespace stepwell::tasks::files
