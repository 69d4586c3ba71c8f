// What the machine has, as far as this process may use it.
#pragma once

#include <cstdint>
#include <filesystem>

namespace stepwell {

/// Bytes of memory: the machine's, or less where this process's control group, or one above it,
/// may have less (systemd's MemoryMax, a container's limit). `root` stands before /proc and /sys.
///
/// Threads: safe.
std::uint64_t memory_for_process(const std::filesystem::path& root = "/");

}  // namespace stepwell
