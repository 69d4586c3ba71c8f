#include "engine/journal/owner_lock.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
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

bool is_alive(int descriptor) {
    std::array<char, 32> text{};
    if (::pread(descriptor, text.data(), text.size() - 1, 0) <= 0) return true;
    const long owner = std::strtol(text.data(), nullptr, 10);
    return owner <= 0 || ::kill(static_cast<pid_t>(owner), 0) == 0 || errno != ESRCH;
}

/// An owner that was killed while it started a child leaves the lock with that child until it has
/// become another program: a matter of milliseconds, which a restart must not trip over.
bool lock(int descriptor) {
    constexpr int kTriesMax = 1'000;
    constexpr int kPauseMs = 5;
    for (int tries = 0; ::flock(descriptor, LOCK_EX | LOCK_NB) != 0; ++tries) {
        if (tries == kTriesMax || is_alive(descriptor)) return false;
        ::poll(nullptr, 0, kPauseMs);
    }
    return true;
}

}  // namespace

Result<OwnerLock> OwnerLock::take(const std::filesystem::path& folder) {
    const auto path = folder / "stepwell.lock";
    // O_CLOEXEC: a task host that outlives us must not keep the folder locked.
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return fail(ErrorCode::io, "'" + path.string() + "': " + std::strerror(errno));
    }
    OwnerLock owned(descriptor);
    if (!lock(descriptor)) {
        return fail(ErrorCode::conflict,
                    "data folder '" + folder.string() + "': expected nobody else to use it, but " +
                        owner_in(descriptor) + " does; stop it, or name another folder");
    }
    const std::string owner = std::to_string(::getpid());
    const bool is_written =
        ::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, owner.data(), owner.size(), 0) > 0;
    static_cast<void>(is_written);  // the number is only a courtesy: a full disk may refuse it
    return owned;
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
