#include "engine/base/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

namespace stepwell {
namespace {

/// Edits (insert, remove, change, swap of neighbours) from one word to the other, capitals aside.
std::size_t distance(std::string_view a, std::string_view b) {
    const auto same = [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) ==
               std::tolower(static_cast<unsigned char>(y));
    };
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::vector<std::size_t> next(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = row[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, change});
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
                next[j] = std::min(next[j], before[j - 2] + 1);
            }
        }
        std::swap(before, row);
        std::swap(row, next);
    }
    return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
    constexpr std::size_t kWordBytesMax = 128;  // longer ones are not typing slips
    if (word.empty() || word.size() > kWordBytesMax) return std::nullopt;
    const std::string* best = nullptr;
    // A third of it may be wrong, but never all: then it is another word.
    const std::size_t edits_max =
        std::min(std::max<std::size_t>(1, word.size() / 3), word.size() - 1);
    std::size_t best_distance = edits_max + 1;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > kWordBytesMax || candidate == word) continue;
        const std::size_t edits = distance(word, candidate);
        if (edits >= best_distance) continue;
        best = &candidate;
        best_distance = edits;
    }
    if (best == nullptr) return std::nullopt;
    return *best;
}

}  // namespace stepwell
