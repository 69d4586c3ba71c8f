#include "api/daemon/private_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/descriptor.hpp"

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOthers = 077;

/// Whether others had rights that are gone now. What is not ours, or is a link, stays.
bool take_rights_of_others(const fs::path& path) {
    const Descriptor file(
        ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat facts {};
    if (!file || ::fstat(file.get(), &facts) != 0) return false;
    const bool is_ours = facts.st_uid == ::geteuid();
    if (!is_ours || (facts.st_mode & kOthers) == 0) return false;
    return ::fchmod(file.get(), facts.st_mode & 07777 & ~kOthers) == 0;
}

bool is_shared(const fs::path& folder) {
    struct stat facts {};
    if (::stat(folder.c_str(), &facts) != 0) return true;
    return facts.st_uid != ::geteuid() || (facts.st_mode & S_ISVTX) != 0;
}

}  // namespace

void make_files_private() {
    ::umask(kOthers);
}

Result<void> make_private(const fs::path& folder,
                          const std::function<void(const std::string&)>& warn) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail(ErrorCode::io, "'" + folder.string() + "': " + error.message());
    if (is_shared(folder)) {
        warn("others may look into " + folder.string() +
             ", which belongs to somebody else or to everybody; give this daemon a folder of its "
             "own with --data DIR");
        return {};
    }
    bool was_open = take_rights_of_others(folder);
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        was_open |= take_rights_of_others(entry.path());
    }
    if (was_open) {
        warn("others could look into " + folder.string() +
             ": now only its owner can; whoever may have read it knows what was in it");
    }
    return {};
}

Result<void> check_journal_is_whole(const fs::path& folder,
                                    const std::function<void(const std::string&)>& warn) {
    std::error_code unknown;
    const fs::file_status journal = fs::status(folder / "stepwell.db", unknown);
    if (fs::exists(journal) && !fs::is_regular_file(journal)) {
        return fail(ErrorCode::invalid, "'" + folder.string() +
                                            "': expected stepwell.db to be a file, but it is "
                                            "something else; remove it, or restore a backup");
    }
    const auto size_of = [&](const char* name) -> std::uintmax_t {
        std::error_code error;
        const std::uintmax_t size = fs::file_size(folder / name, error);
        return error ? 0 : size;
    };
    if (size_of("stepwell.db") > 0) return {};
    if (size_of("stepwell.db-wal") > 0) {
        return fail(ErrorCode::corruption,
                    "'" + folder.string() +
                        "': expected stepwell.db beside its log, but it is gone or empty; put it "
                        "back or restore a backup, or remove stepwell.db-wal to begin anew without "
                        "the runs in it");
    }
    for (const char* trace : {"secret.key", "logs", "admin.token"}) {
        std::error_code ignored;
        if (!fs::exists(folder / trace, ignored)) continue;
        warn(
            "'" + folder.string() + "': stepwell.db is not there, but " + trace +
            " of an earlier life is; it begins anew, without runs, schedules and users. If that is "
            "a surprise: stop, and restore a backup");
        return {};
    }
    return {};
}

}  // namespace stepwell::api
