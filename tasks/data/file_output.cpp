#include "tasks/data/file_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace stepwell::tasks::data {
namespace {

namespace fs = std::filesystem;

DataError file_error(const fs::path& path, const std::string& why) {
    const bool is_full = why.find("No space") != std::string::npos;
    return {is_full ? "E_DISK" : "E_DENIED",
            path.string() + ": expected to write there, but: " + why};
}

DataResult<void> make_folder(const fs::path& folder) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) return fail(file_error(folder, failed.message()));
    return {};
}

}  // namespace

DataResult<void> sync_path(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return fail(file_error(path, std::strerror(errno)));
    const int result = ::fsync(descriptor);
    const int error = errno;
    ::close(descriptor);
    if (result != 0) return fail(file_error(path, std::strerror(error)));
    return {};
}

DataResult<WrittenFile> write_file(DataSession& session, Connection& connection,
                                   const std::string& query, const Json& parameters,
                                   const fs::path& path, const std::string& options) {
    static std::atomic<int> counter = 0;
    SW_TRY(make_folder(path.parent_path()));
    // Hidden from readers of the folder until it has its name.
    const fs::path temporary =
        path.parent_path() / ("_tmp-" + std::to_string(::getpid()) + "-" +
                              std::to_string(++counter) + "-" + path.filename().string());
    auto rows = connection.execute(
        "copy (" + query + "\n) to " + quote_literal(temporary.string()) + " (" + options + ")",
        parameters);
    std::error_code failed;
    if (!rows) {
        fs::remove(temporary, failed);
        return fail(std::move(rows).error());
    }
    SW_TRY(sync_path(temporary));
    fs::rename(temporary, path, failed);
    if (failed) return fail(file_error(path, failed.message()));
    SW_TRY(sync_path(path.parent_path()));
    WrittenFile written{SW_TRY(stat_file(path, session.locations().uri_of(path))), *rows};
    session.count("files", "written", 1);
    session.count("bytes", "written", static_cast<std::int64_t>(written.file.bytes));
    return written;
}

DataResult<void> move_file(const fs::path& from, const fs::path& to) {
    std::error_code failed;
    if (!fs::exists(from, failed) && fs::exists(to, failed)) return {};  // done before
    SW_TRY(make_folder(to.parent_path()));
    fs::rename(from, to, failed);
    if (!failed) return sync_path(to.parent_path());
    if (failed != std::errc::cross_device_link) return fail(file_error(to, failed.message()));
    const fs::path temporary = to.parent_path() / ("_tmp-" + to.filename().string());
    fs::copy_file(from, temporary, fs::copy_options::overwrite_existing, failed);
    if (failed) return fail(file_error(to, failed.message()));
    SW_TRY(sync_path(temporary));
    fs::rename(temporary, to, failed);
    if (failed) return fail(file_error(to, failed.message()));
    SW_TRY(sync_path(to.parent_path()));
    fs::remove(from, failed);
    return {};
}

}  // namespace stepwell::tasks::data
