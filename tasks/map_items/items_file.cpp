#include "tasks/map_items/items_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "tasks/files/durable_files.hpp"

namespace stepwell::tasks::map_items {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr int kMode = 0600;

fs::path draft_of(const fs::path& path) {
    return path.string() + ".draft";
}

Failure<DataError> cannot_write(const fs::path& path) {
    return data::data_fail("E_DISK",
                           path.string() + ": cannot write the items: " + std::strerror(errno));
}

}  // namespace

DataResult<ItemsFile> ItemsFile::create(fs::path path, std::uint64_t items_max) {
    SW_TRY(files::make_folder(path.parent_path()));
    const fs::path draft = draft_of(path);
    Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
    if (!file) return cannot_write(draft);
    return ItemsFile(std::move(path), std::move(file), items_max);
}

fs::path ItemsFile::draft() const {
    return draft_of(path_);
}

DataResult<void> ItemsFile::add(std::string_view json) {
    if (json.size() > kItemBytesMax) {
        return data::data_fail("E_FORMAT", "expected items of at most " +
                                               std::to_string(kItemBytesMax) +
                                               " bytes, but number " + std::to_string(count_ + 1) +
                                               " has " + std::to_string(json.size()));
    }
    buffer_ += json;
    buffer_ += '\n';
    bytes_ += json.size() + 1;
    ++count_;
    return buffer_.size() >= kBufferBytes ? flush() : DataResult<void>();
}

DataResult<void> ItemsFile::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
        const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return cannot_write(draft());
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
    return {};
}

DataResult<Json> ItemsFile::finish() {
    SW_TRY(flush());
    if (::fsync(file_.get()) != 0) return cannot_write(draft());
    SW_TRY(files::rename_path(draft(), path_));
    SW_TRY(files::sync_folder(path_.parent_path()));
    return Json{{"Items", count_}, {"Bytes", bytes_}};
}

}  // namespace stepwell::tasks::map_items
