#include "engine/runtime/loop/item_lines.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace stepwell::runtime {
namespace {

constexpr std::size_t kPageBytes = std::size_t{128} << 10;

Failure<Error> cannot_read(const std::filesystem::path& path, const std::string& why) {
    return fail(ErrorCode::io,
                path.string() + ": expected the items that were read for a Map Run, but " + why);
}

}  // namespace

Result<ItemLines> ItemLines::open(const std::filesystem::path& path) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return cannot_read(path, std::strerror(errno));
    return ItemLines(path, std::move(file));
}

/// Puts one more page behind what is there from `from` on.
Result<void> ItemLines::read_on(std::uint64_t from) {
    const bool is_inside = from >= page_at_ && from - page_at_ <= page_.size();
    page_.erase(0, is_inside ? static_cast<std::size_t>(from - page_at_) : page_.size());
    page_at_ = from;
    const std::size_t had = page_.size();
    page_.resize(had + kPageBytes);
    const ssize_t got =
        ::pread(file_.get(), page_.data() + had, kPageBytes, static_cast<off_t>(from + had));
    page_.resize(had + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got < 0) return cannot_read(path_, std::strerror(errno));
    if (got > 0) return {};
    return fail(ErrorCode::corruption, path_.string() + ": expected an item at byte " +
                                           std::to_string(from) +
                                           ", but the file ends before it does");
}

Result<std::string_view> ItemLines::line_at(std::uint64_t at) {
    for (;;) {
        const bool is_inside = at >= page_at_ && at - page_at_ < page_.size();
        const std::size_t begin = is_inside ? static_cast<std::size_t>(at - page_at_) : 0;
        const std::size_t end = is_inside ? page_.find('\n', begin) : page_.npos;
        if (end != page_.npos) return std::string_view(page_).substr(begin, end - begin);
        SW_TRY(read_on(at));
    }
}

}  // namespace stepwell::runtime
