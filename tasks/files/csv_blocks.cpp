#include "tasks/files/csv_blocks.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>

namespace stepwell::tasks::data {
namespace {

/// One pass, which the compiler turns into vector instructions.
BlockSummary summary_of(const char* data, std::size_t size, char quote) {
    BlockSummary summary;
    // Bytewise sums vectorise, but hold only 255 hits.
    constexpr std::size_t kStep = 192;
    for (std::size_t at = 0; at < size; at += kStep) {
        const std::size_t end = std::min(size, at + kStep);
        unsigned char newlines = 0;
        unsigned char quotes = 0;
        unsigned char high = 0;
        for (std::size_t i = at; i < end; ++i) {
            const auto byte = static_cast<unsigned char>(data[i]);
            newlines = static_cast<unsigned char>(newlines + (byte == '\n' ? 1U : 0U));
            quotes |= static_cast<unsigned char>(byte == static_cast<unsigned char>(quote) ? 1 : 0);
            high |= byte;
        }
        summary.newlines += newlines;
        summary.has_quotes = summary.has_quotes || quotes != 0;
        summary.has_high_bytes = summary.has_high_bytes || (high & 0x80U) != 0;
    }
    return summary;
}

/// As many bytes as there are, up to the block's size; -1 where they cannot be read.
ssize_t read_block(int descriptor, std::vector<char>& block, std::size_t index) {
    std::size_t size = 0;
    while (size < block.size()) {
        const auto at = static_cast<off_t>(index * kBlockBytes + size);
        const ssize_t got = ::pread(descriptor, block.data() + size, block.size() - size, at);
        if (got < 0) return -1;
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    return static_cast<ssize_t>(size);
}

/// A file's blocks, which several threads take one after the other.
class Blocks {
public:
    Blocks(int descriptor, char quote, std::size_t count)
        : descriptor_(descriptor), quote_(quote), summaries_(count) {}

    void work(std::vector<char>& block) {
        for (std::size_t i = next_++; i < summaries_.size() && fault_ == 0; i = next_++) {
            const ssize_t size = read_block(descriptor_, block, i);
            if (size < 0) {
                fault_ = errno;
                return;
            }
            summaries_[i] = summary_of(block.data(), static_cast<std::size_t>(size), quote_);
            bytes_ += static_cast<std::uint64_t>(size);
        }
    }
    /// REQUIRES: all threads are done.
    std::optional<FileSummary> result() {
        errno = fault_;
        if (fault_ != 0) return std::nullopt;
        return FileSummary{std::move(summaries_), bytes_};
    }

private:
    int descriptor_;
    char quote_;
    std::vector<BlockSummary> summaries_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<int> fault_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
};

std::size_t threads_for(std::size_t blocks) {
    constexpr std::size_t kThreadsMax = 4;
    constexpr std::size_t kBlocksEach = 8;
    const std::size_t cores = std::thread::hardware_concurrency();
    return std::max<std::size_t>(1, std::min({cores, kThreadsMax, blocks / kBlocksEach}));
}

}  // namespace

std::optional<FileSummary> summary_of_file(int descriptor, char quote) {
    struct stat info {};
    if (::fstat(descriptor, &info) != 0) return std::nullopt;
    const auto size = static_cast<std::size_t>(info.st_size);
    const std::size_t count = (size + kBlockBytes - 1) / kBlockBytes;
    Blocks blocks(descriptor, quote, count);
    // Made here, where somebody hears that there is no memory for them.
    std::vector<std::vector<char>> buffers(threads_for(count), std::vector<char>(kBlockBytes));
    {
        std::vector<std::jthread> others;
        others.reserve(buffers.size());
        try {
            for (std::size_t i = 1; i < buffers.size(); ++i) {
                others.emplace_back([&blocks, &buffer = buffers[i]] { blocks.work(buffer); });
            }
        } catch (const std::system_error&) {
            // There may be no more threads: then those that are there do it.
        }
        blocks.work(buffers[0]);
    }
    return blocks.result();
}

}  // namespace stepwell::tasks::data
