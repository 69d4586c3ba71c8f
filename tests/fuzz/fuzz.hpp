// What the fuzz targets share: the input as text, cut in two, and a check that aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "engine/base/assert.hpp"

namespace stepwell::test {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// The first line, and what comes after it.
inline std::pair<std::string_view, std::string_view> first_line_and_rest(std::string_view text) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return {text, {}};
    return {text.substr(0, end), text.substr(end + 1)};
}

}  // namespace stepwell::test
