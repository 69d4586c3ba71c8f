// Tells that something has changed in a folder: a file that was closed or moved there, a new one.
// Only a hint to look sooner: where the system gives no watch, polling finds the files.
//
// Thread safety: add() may be called from any thread, and may wait as long as a disk does; the rest
// is the triggers' thread's and waits for nothing.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "engine/base/descriptor.hpp"

namespace stepwell::triggers {

class FolderWatch {
public:
    /// The system's watches are shared with all programs of the user: no more than these are taken.
    static constexpr std::size_t kWatchesMax = 8'192;

    /// No more than `watches_max` folders are watched.
    explicit FolderWatch(std::size_t watches_max = kWatchesMax);

    /// Watches these, too.
    void add(const std::set<std::filesystem::path>& folders);
    /// Watches no others.
    void keep(const std::set<std::filesystem::path>& folders);
    /// The folders in which something has changed since the last call.
    std::set<std::filesystem::path> changed();
    /// Why a folder that was to be watched is not; else empty.
    [[nodiscard]] std::string fault() const;
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }

private:
    void add_one(const std::filesystem::path& folder);

    const std::size_t watches_max_;
    const Descriptor descriptor_;
    mutable std::mutex mutex_;
    std::map<std::filesystem::path, int> watches_;
    std::map<int, std::filesystem::path> folders_;
    std::string fault_;
};

}  // namespace stepwell::triggers
