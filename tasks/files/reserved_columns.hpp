// The columns that the readers add to those of a file.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "engine/base/ascii.hpp"

namespace stepwell::tasks::data {

/// How a column of a file is called in an input: as in the file, but "original_sw_file" for
/// "_sw_file" and so on, which our own quarantine files have.
inline std::string input_name(std::string_view name) {
    const auto is = [&](std::string_view reserved) {
        return std::equal(name.begin(), name.end(), reserved.begin(), reserved.end(),
                          [](char a, char b) { return stepwell::lower(a) == b; });
    };
    const bool is_reserved =
        is("_sw_file") || is("_sw_line") || is("_sw_fault") || is("_sw_raw") || is("_sw_piece");
    return (is_reserved ? "original" : "") + std::string(name);
}

}  // namespace stepwell::tasks::data
