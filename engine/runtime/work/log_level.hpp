// How bad a line of a log is, by the words that programs put into such lines.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace stepwell::runtime {

enum class LogLevel { any, warning, error };

/// `any` where nothing is said.
inline LogLevel level_of(std::string_view line) {
    constexpr std::array<std::string_view, 7> kErrors{"ERROR",    "Error:",    "error:",   "FATAL",
                                                      "CRITICAL", "Traceback", "Exception"};
    constexpr std::array<std::string_view, 3> kWarnings{"WARN", "Warning:", "warning:"};
    const auto is_in = [&](std::string_view sign) { return line.find(sign) != line.npos; };
    if (std::any_of(kErrors.begin(), kErrors.end(), is_in)) return LogLevel::error;
    if (std::any_of(kWarnings.begin(), kWarnings.end(), is_in)) return LogLevel::warning;
    return LogLevel::any;
}

}  // namespace stepwell::runtime
