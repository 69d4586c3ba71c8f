// What must be known of a text file before several threads can read it: how many lines end in each
// of its blocks, and what bytes it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace stepwell::tasks::data {

/// Blocks begin at multiples of this.
constexpr std::size_t kBlockBytes = 2U << 20U;

struct BlockSummary {
    std::int64_t newlines = 0;
    bool has_quotes = false;
    bool has_high_bytes = false;
};

struct FileSummary {
    std::vector<BlockSummary> blocks;
    std::uint64_t bytes = 0;
};

/// Reads the whole file, a large one by several threads. Nothing where it cannot be read (errno).
std::optional<FileSummary> summary_of_file(int descriptor, char quote);

}  // namespace stepwell::tasks::data
