#include "engine/triggers/roots.hpp"

#include <fcntl.h>

#include <algorithm>

namespace stepwell::triggers {
namespace {

namespace fs = std::filesystem;

bool is_at_or_below(const fs::path& path, const fs::path& root) {
    const auto [end, rest] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
    return end == root.end();
}

}  // namespace

Result<fs::path> resolved_below(const fs::path& path, const std::vector<fs::path>& roots) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(path, error);
    if (error) {
        return fail(ErrorCode::not_found,
                    "expected to find " + path.string() + ", but: " + error.message());
    }
    const bool is_allowed = std::any_of(roots.begin(), roots.end(), [&](const fs::path& root) {
        std::error_code none;
        const fs::path real_root = fs::canonical(root, none);
        return !none && is_at_or_below(real, real_root);
    });
    if (is_allowed) return real;
    return fail(ErrorCode::invalid,
                "expected a path in the data folder, in a lake or below allowed_roots, but " +
                    path.string() + " lies elsewhere; name its folder there");
}

Descriptor open_without_links(const fs::path& path, int flags) {
    constexpr int kAlways = O_CLOEXEC | O_NOFOLLOW;
    constexpr int kLast = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    Descriptor at(::open("/", kAlways | O_PATH | O_DIRECTORY));
    const fs::path below = path.relative_path();
    if (below.empty()) return Descriptor(::open("/", kAlways | kLast | flags));
    for (auto part = below.begin(); part != below.end() && at; ++part) {
        const bool is_last = std::next(part) == below.end();
        at = Descriptor(::openat(at.get(), part->c_str(),
                                 kAlways | (is_last ? kLast | flags : O_PATH | O_DIRECTORY)));
    }
    return at;
}

}  // namespace stepwell::triggers
