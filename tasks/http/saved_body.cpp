#include "tasks/http/saved_body.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stepwell::tasks {

namespace fs = std::filesystem;

namespace {

/// Named like what readers of a folder leave out.
fs::path part_of(const fs::path& path, std::string_view key) {
    const std::string digest = digest_hex("SHA-256", key).value_or("");
    return path.parent_path() / ("." + path.filename().string() + "." + digest.substr(0, 16));
}

Failure<Error> write_failure(const fs::path& path) {
    return fail(ErrorCode::io,
                "expected to write '" + path.string() + "', but: " + std::strerror(errno));
}

}  // namespace

SavedBody::SavedBody(fs::path path, fs::path part, Descriptor file)
    : path_(std::move(path)), part_(std::move(part)), file_(std::move(file)) {}

Result<std::unique_ptr<SavedBody>> SavedBody::begin(fs::path path, std::string_view key) {
    std::error_code failed;
    fs::create_directories(path.parent_path(), failed);
    if (fs::is_directory(path, failed)) {
        return fail(ErrorCode::invalid,
                    "expected the name of a file, but '" + path.string() + "' is a folder");
    }
    fs::path part = part_of(path, key);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    Descriptor file(::open(part.c_str(), kFlags, 0600));
    if (!file) return write_failure(part);
    return std::unique_ptr<SavedBody>(
        new SavedBody(std::move(path), std::move(part), std::move(file)));
}

SavedBody::~SavedBody() {
    std::error_code ignored;
    if (!part_.empty()) fs::remove(part_, ignored);
}

Result<void> SavedBody::write(std::string_view piece) {
    digest_.update(piece);
    bytes_ += piece.size();
    while (!piece.empty()) {
        const ssize_t written = ::write(file_.get(), piece.data(), piece.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return write_failure(part_);
        piece.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> SavedBody::clear() {
    digest_ = Sha256();
    bytes_ = 0;
    if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) != 0) {
        return write_failure(part_);
    }
    return {};
}

Result<void> SavedBody::publish() {
    if (::fsync(file_.get()) != 0) return write_failure(part_);
    if (::rename(part_.c_str(), path_.c_str()) != 0) return write_failure(path_);
    part_.clear();
    sha256_ = digest_.hex();
    const Descriptor folder(
        ::open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0) return write_failure(path_);
    return {};
}

}  // namespace stepwell::tasks
