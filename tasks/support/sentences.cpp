#include "tasks/support/sentences.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace stepwell::tasks::data {

std::string with_separators(std::int64_t number) {
    std::string text = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t at = text.size(); at > first + 3;) {
        at -= 3;
        text.insert(at, ",");
    }
    return text;
}

std::string part_text(std::int64_t part, std::int64_t whole) {
    return with_separators(part) + " of " + with_separators(whole);
}

std::string share_text(std::int64_t part, std::int64_t whole) {
    if (whole == 0 || part == 0) return "0%";
    const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    // Two digits behind the point; more where these would all be zeros, or all nines.
    const double rest = std::min(percent, std::abs(100.0 - percent));
    const int zeros = rest > 0 && rest < 1 ? static_cast<int>(-std::floor(std::log10(rest))) : 0;
    const int digits = std::max(2, std::min(zeros + 1, 15));
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, percent);
    std::string shown = text;
    while (shown.ends_with('0')) shown.pop_back();
    if (shown.ends_with('.')) shown.pop_back();
    return shown + "%";
}

std::string examples_text(const std::vector<std::string>& examples) {
    constexpr std::size_t kShownMax = 3;
    const std::size_t count = std::min(examples.size(), kShownMax);
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += i == 0 ? ", such as " : i + 1 == count ? " and " : ", ";
        text += examples[i];
    }
    return text;
}

}  // namespace stepwell::tasks::data
