#include "tasks/sql/batch.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace stepwell::tasks::data {
namespace {

/// The shortest text that reads as the same number, with a point or an exponent.
std::string text_of_real(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "infinity" : "-infinity";
    std::array<char, 40> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
    std::string result(text.data(), written.ptr);
    if (result.find_first_of(".e") == result.npos) result += ".0";
    return result;
}

}  // namespace

std::string_view BatchValue::as_text(std::string& scratch) const {
    if (kind == Kind::integer) return scratch = std::to_string(integer);
    if (kind == Kind::real) return scratch = text_of_real(real);
    return bytes;
}

std::string_view BatchBytes::keep(std::string_view bytes) {
    const bool is_large = bytes.size() > kBlockBytes / 4;
    if (is_large || bytes.size() > kBlockBytes - used_) {
        blocks_.push_back(std::make_unique<char[]>(is_large ? bytes.size() : kBlockBytes));
        // Nothing else goes into a block made for one large value.
        used_ = is_large ? kBlockBytes : 0;
    }
    char* const at = blocks_.back().get() + (is_large ? 0 : used_);
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    if (!is_large) used_ += bytes.size();
    return {at, bytes.size()};
}

void BatchBytes::clear() {
    blocks_.clear();
    used_ = kBlockBytes;
}

}  // namespace stepwell::tasks::data
