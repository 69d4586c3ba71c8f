#include "engine/triggers/folder_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace stepwell::triggers {

namespace fs = std::filesystem;

FolderWatch::FolderWatch() : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

FolderWatch::~FolderWatch() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void FolderWatch::set(const std::set<fs::path>& folders) {
    if (descriptor_ < 0) return;
    std::erase_if(watches_, [&](const auto& each) {
        if (folders.contains(each.first)) return false;
        ::inotify_rm_watch(descriptor_, each.second);
        folders_.erase(each.second);
        return true;
    });
    for (const fs::path& folder : folders) {
        if (watches_.contains(folder)) continue;
        const int watch = ::inotify_add_watch(
            descriptor_, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
        if (watch < 0) continue;
        watches_[folder] = watch;
        folders_[watch] = folder;
    }
}

std::set<fs::path> FolderWatch::changed() {
    std::set<fs::path> changed;
    alignas(inotify_event) std::array<char, 16'384> buffer;
    ssize_t size = 0;
    while (descriptor_ >= 0 && (size = ::read(descriptor_, buffer.data(), buffer.size())) > 0) {
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

}  // namespace stepwell::triggers
