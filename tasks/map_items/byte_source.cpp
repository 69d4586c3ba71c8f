#include "tasks/map_items/byte_source.hpp"

#include <cerrno>
#include <cstring>

namespace stepwell::tasks::map_items {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

}  // namespace

ByteSource::ByteSource(Descriptor file, std::string name)
    : file_(std::move(file)), name_(std::move(name)), block_(kBlockBytes) {
    if (fill() && std::string_view(block_.data(), end_).starts_with(kUtf8Mark)) {
        at_ = kUtf8Mark.size();
    }
}

bool ByteSource::fill() {
    if (trouble_) return false;
    ssize_t got = 0;
    do {
        got = ::read(file_.get(), block_.data(), block_.size());
    } while (got < 0 && errno == EINTR);
    at_ = 0;
    end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    if (got < 0)
        trouble_ = DataError("E_DISK", name_ + ": cannot read it: " + std::strerror(errno));
    return got > 0;
}

DataResult<void> ByteSource::check() const {
    if (trouble_) return fail(*trouble_);
    return {};
}

Failure<DataError> ByteSource::fault(std::string code, const std::string& message) const {
    return data::data_fail(std::move(code), name_ + ": " + message);
}

}  // namespace stepwell::tasks::map_items
