#include "engine/journal/owner_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace stepwell::journal {
namespace {

std::string owner_in(int descriptor) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
    return size > 0 ? "process " + std::string(text.data()) : "another process";
}

}  // namespace

Result<OwnerLock> OwnerLock::take(const std::filesystem::path& folder) {
    const auto path = folder / "stepwell.lock";
    // O_CLOEXEC: a task host that outlives us must not keep the folder locked.
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return fail(ErrorCode::io, "'" + path.string() + "': " + std::strerror(errno));
    }
    OwnerLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return fail(ErrorCode::conflict,
                    "data folder '" + folder.string() + "': expected nobody else to use it, but " +
                        owner_in(descriptor) + " does; stop it, or name another folder");
    }
    const std::string owner = std::to_string(::getpid());
    const bool is_written =
        ::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, owner.data(), owner.size(), 0) > 0;
    static_cast<void>(is_written);  // the number is only a courtesy: a full disk may refuse it
    return lock;
}

OwnerLock::OwnerLock(OwnerLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

OwnerLock& OwnerLock::operator=(OwnerLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

OwnerLock::~OwnerLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace stepwell::journal
