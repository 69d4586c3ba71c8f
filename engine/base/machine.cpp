#include "engine/base/machine.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace stepwell {
namespace {

namespace fs = std::filesystem;

std::uint64_t installed_memory() {
    return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
           static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// "/system.slice/stepwell.service", of the hierarchy that all controllers share; "/" where there
/// is none.
fs::path own_group(const fs::path& root) {
    std::ifstream groups(root / "proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        if (line.starts_with("0::/")) return line.substr(3);
    }
    return "/";
}

}  // namespace

std::uint64_t memory_for_process(const fs::path& root) {
    std::uint64_t bytes = installed_memory();
    for (fs::path group = own_group(root);; group = group.parent_path()) {
        std::ifstream limit(root / "sys/fs/cgroup" / group.relative_path() / "memory.max");
        // Not a number but "max" where there is no limit.
        if (std::uint64_t most = 0; limit >> most) bytes = std::min(bytes, most);
        if (!group.has_relative_path()) return bytes;
    }
}

}  // namespace stepwell
