#include "engine/triggers/secret_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/triggers/roots.hpp"

namespace stepwell::triggers {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kSecretBytesMax = 64u << 10;

Failure<Error> refused_file(const fs::path& path, const std::string& why) {
    return fail(ErrorCode::invalid,
                "expected a secret in a regular file of at most 64 KiB in the "
                "data folder or below allowed_roots, but " +
                    path.string() + " " + why);
}

}  // namespace

Result<std::string> read_secret_file(const fs::path& path, const std::vector<fs::path>& roots) {
    const auto real = resolved_below(path, roots);
    if (!real && real.error().code != ErrorCode::invalid) return fail(real.error());
    if (!real) return refused_file(path, "lies elsewhere");
    const Descriptor file = open_without_links(*real);
    struct stat info {};
    if (!file || ::fstat(file.get(), &info) != 0) {
        return fail(ErrorCode::not_found,
                    "expected to read the secret at " + path.string() + ", but the system says no");
    }
    if (!S_ISREG(info.st_mode)) return refused_file(path, "is no regular file");
    std::string text(kSecretBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got < 0) return fail(ErrorCode::io, "expected to read the secret at " + path.string());
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > kSecretBytesMax) return refused_file(path, "is larger");
    text.resize(size);
    text.erase(text.find_last_not_of("\r\n") + 1);
    return text;
}

struct SecretFiles::State {
    struct Entry {
        std::optional<Result<std::string>> value;
        Steady::time_point read_at;
        bool is_reading = false;
        bool is_late = false;  // somebody has waited for this reading in vain
    };
    std::vector<fs::path> roots;
    Duration fresh_for{};
    Duration patience{};
    std::mutex mutex;
    std::condition_variable read;
    std::map<fs::path, Entry> entries;
};

SecretFiles::SecretFiles(std::vector<fs::path> roots, Duration fresh_for, Duration patience)
    : state_(std::make_shared<State>()) {
    state_->roots = std::move(roots);
    state_->fresh_for = fresh_for;
    state_->patience = patience;
}

Result<std::string> SecretFiles::get(const fs::path& path) {
    std::unique_lock lock(state_->mutex);
    State::Entry& entry = state_->entries[path];
    const bool is_fresh = entry.value && Steady::now() - entry.read_at < state_->fresh_for;
    if (is_fresh) return *entry.value;
    if (!entry.is_reading) {
        entry.is_late = false;
        std::thread([state = state_, path] {
            auto value = read_secret_file(path, state->roots);
            const std::lock_guard hold(state->mutex);
            State::Entry& mine = state->entries[path];
            mine.value = std::move(value);
            mine.read_at = Steady::now();
            mine.is_reading = false;
            state->read.notify_all();
        }).detach();
        entry.is_reading = true;  // it waits for the lock that we hold
    }
    // One caller waits for a disk that hangs, not every one.
    if (!entry.is_late) {
        const bool is_read =
            state_->read.wait_for(lock, state_->patience, [&] { return !entry.is_reading; });
        entry.is_late = !is_read;
    }
    if (entry.value) return *entry.value;
    return fail(ErrorCode::unavailable, "expected to read the secret at " + path.string() +
                                            ", but the disk does not answer");
}

}  // namespace stepwell::triggers
