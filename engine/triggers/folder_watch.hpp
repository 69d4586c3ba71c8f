// Tells that something has changed in a folder: a file that was closed or moved there, a new one.
// Only a hint to look sooner: where the system gives no watch, polling finds the files.
//
// Threads: the triggers' only; the descriptor may be polled.
#pragma once

#include <filesystem>
#include <map>
#include <set>

namespace stepwell::triggers {

class FolderWatch {
public:
    FolderWatch();
    ~FolderWatch();
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

    /// Watches these and no others.
    void set(const std::set<std::filesystem::path>& folders);
    /// The folders in which something has changed since the last call. Does not wait.
    std::set<std::filesystem::path> changed();
    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
    std::map<std::filesystem::path, int> watches_;
    std::map<int, std::filesystem::path> folders_;
};

}  // namespace stepwell::triggers
