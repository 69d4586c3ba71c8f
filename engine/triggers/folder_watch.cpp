#include "engine/triggers/folder_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace stepwell::triggers {

namespace fs = std::filesystem;

FolderWatch::FolderWatch(std::size_t watches_max)
    : watches_max_(watches_max), descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

void FolderWatch::add(const std::set<fs::path>& folders) {
    for (const fs::path& folder : folders) add_one(folder);
}

void FolderWatch::keep(const std::set<fs::path>& folders) {
    const std::lock_guard lock(mutex_);
    std::erase_if(watches_, [&](const auto& each) {
        if (folders.contains(each.first)) return false;
        ::inotify_rm_watch(descriptor_.get(), each.second);
        folders_.erase(each.second);
        return true;
    });
    if (watches_.size() == folders.size()) fault_.clear();
}

std::set<fs::path> FolderWatch::changed() {
    const std::lock_guard lock(mutex_);
    std::set<fs::path> changed;
    alignas(inotify_event) std::array<char, 16'384> buffer;
    ssize_t size = 0;
    while (descriptor_ && (size = ::read(descriptor_.get(), buffer.data(), buffer.size())) > 0) {
        const char* at = buffer.data();
        while (at < buffer.data() + size) {
            const auto* event = reinterpret_cast<const inotify_event*>(at);
            at += sizeof(inotify_event) + event->len;
            const auto folder = folders_.find(event->wd);
            if ((event->mask & IN_Q_OVERFLOW) != 0) {
                for (const auto& [path, watch] : watches_) changed.insert(path);
            } else if (folder != folders_.end()) {
                changed.insert(folder->second);
                const bool is_gone = (event->mask & IN_IGNORED) != 0;
                if (is_gone) {
                    watches_.erase(folder->second);
                    folders_.erase(folder);
                }
            }
        }
    }
    return changed;
}

std::string FolderWatch::fault() const {
    const std::lock_guard lock(mutex_);
    return fault_;
}

/// The disk is asked beside the lock: it may not answer.
void FolderWatch::add_one(const fs::path& folder) {
    {
        const std::lock_guard lock(mutex_);
        if (watches_.contains(folder)) return;
        if (watches_.size() >= watches_max_) {
            fault_ = "expected at most " + std::to_string(watches_max_) +
                     " folders to watch, but there are more";
            return;
        }
    }
    const int watch = ::inotify_add_watch(descriptor_.get(), folder.c_str(),
                                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
    const int error = errno;
    const std::lock_guard lock(mutex_);
    if (watch >= 0) {
        watches_[folder] = watch;
        folders_[watch] = folder;
    } else if (error != ENOENT && error != ENOTDIR) {
        fault_ = "expected a watch on " + folder.string() + ", but: " + std::strerror(error);
    }
}

}  // namespace stepwell::triggers
