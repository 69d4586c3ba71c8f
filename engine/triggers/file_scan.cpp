#include "engine/triggers/file_scan.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "engine/triggers/roots.hpp"

namespace stepwell::triggers {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLake = "lake://";
constexpr std::string_view kFile = "file://";

bool has_glob(const std::string& text) {
    return text.find_first_of("*?[") != text.npos;
}

bool begins_with(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

/// `name` without what stands in the pattern before its first and behind its last glob.
std::string match_of(const std::string& pattern, const std::string& name) {
    const std::size_t first = pattern.find_first_of("*?[");
    if (first == pattern.npos) return name;
    const std::size_t behind = pattern.size() - 1 - pattern.find_last_of("*?]");
    return first + behind <= name.size() ? name.substr(first, name.size() - first - behind) : name;
}

bool take_status(const struct stat& info, FoundFile& file) {
    if (!S_ISREG(info.st_mode)) return false;
    const auto ns_of = [](const timespec& at) { return at.tv_sec * 1'000'000'000 + at.tv_nsec; };
    file.size = static_cast<std::uint64_t>(info.st_size);
    file.modified_ns = ns_of(info.st_mtim);
    file.changed_ns = ns_of(info.st_ctim);
    file.inode = info.st_ino;
    return true;
}

bool is_marked(const std::string& done_marker, const fs::path& path) {
    if (done_marker.empty()) return true;
    const std::vector<std::pair<std::string, std::string>> values = {
        {"{path}", path.string()},
        {"{name}", path.filename().string()},
        {"{folder}", path.parent_path().string()}};
    std::string marker = done_marker;
    for (const auto& [hole, value] : values) {
        const std::size_t begin = marker.find(hole);
        if (begin != marker.npos) marker.replace(begin, hole.size(), value);
    }
    std::error_code ignored;
    return fs::exists(path.parent_path() / marker, ignored);
}

/// The parts of a pattern, "**" behind "**" left out: it stands for nothing more.
std::vector<std::string> parts_of(const fs::path& pattern) {
    std::vector<std::string> parts;
    for (const fs::path& part : pattern) {
        const bool is_again = part == "**" && !parts.empty() && parts.back() == "**";
        if (!is_again) parts.push_back(part.string());
    }
    return parts;
}

/// An open folder, by its name in the pattern and by its real one.
struct Folder {
    Descriptor descriptor;
    fs::path path;
    fs::path real;
    std::size_t depth = 0;
};

using Entries = std::unique_ptr<DIR, int (*)(DIR*)>;

/// Goes down along the parts of the pattern that are behind its fixed part.
class Walk {
public:
    Walk(const ScanPlan& plan, const FileGlob& glob, const std::atomic<bool>& is_stopping,
         std::size_t& names, Scan& scan)
        : plan_(plan), glob_(glob), is_stopping_(is_stopping), names_(names), scan_(scan) {
        parts_ = parts_of(glob.pattern.lexically_relative(glob.fixed_part()));
    }

    void run() {
        const fs::path base = glob_.fixed_part();
        const auto real = resolved_below(base, plan_.roots);
        if (!real) return fault(real.error().message);
        std::error_code ignored;
        if (!fs::is_directory(*real, ignored)) return miss(base);
        Folder folder{open_without_links(*real, O_DIRECTORY), base, *real, 0};
        if (!folder.descriptor) return unreadable(base);
        go(folder, 0);
    }

private:
    /// Watches where the folder will appear.
    void miss(const fs::path& base) {
        fault("expected a folder at " + base.string() + ", but there is none");
        std::error_code ignored;
        fs::path there = base;
        while (there.has_relative_path() && !fs::is_directory(there, ignored)) {
            there = there.parent_path();
        }
        scan_.folders.insert(there);
    }

    void go(const Folder& folder, std::size_t index) {
        // By way of two "**" a folder may come up more than once for the same part.
        if (!been_.emplace(folder.path, index).second) return;
        const std::string& part = parts_[index];
        const bool is_last = index + 1 == parts_.size();
        if (has_glob(part)) {
            // "**" may stand for no folder at all, and at the end for every file below.
            if (part == "**" && !is_last) go(folder, index + 1);
            return list(folder, index);
        }
        if (is_last) {
            scan_.folders.insert(folder.path);
            return take(folder, part);
        }
        enter(folder, part, index + 1);
    }

    void list(const Folder& folder, std::size_t index) {
        const int again =
            ::openat(folder.descriptor.get(), ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
        const Entries entries(again < 0 ? nullptr : ::fdopendir(again), ::closedir);
        if (!entries) {
            if (again >= 0) ::close(again);
            return unreadable(folder.path);
        }
        scan_.folders.insert(folder.path);
        errno = 0;
        while (const dirent* entry = ::readdir(entries.get())) {
            const std::string name = entry->d_name;
            if (name == "." || name == "..") continue;
            if (is_stopping_ || is_too_much()) return;
            meet(folder, name, entry->d_type, index);
            errno = 0;
        }
        if (errno != 0) unreadable(folder.path);
    }

    void meet(const Folder& folder, const std::string& name, unsigned char type,
              std::size_t index) {
        const std::string& part = parts_[index];
        const bool is_last = index + 1 == parts_.size();
        if (part == "**") {
            if (is_last) take(folder, name);
            if (is_folder(folder, name, type) && !is_ignored(name)) enter(folder, name, index);
        } else if (::fnmatch(part.c_str(), name.c_str(), 0) == 0) {
            if (is_last) {
                take(folder, name);
            } else if (is_folder(folder, name, type)) {
                enter(folder, name, index + 1);
            }
        }
    }

    static bool is_folder(const Folder& folder, const std::string& name, unsigned char type) {
        if (type != DT_UNKNOWN) return type == DT_DIR;
        struct stat info {};
        return ::fstatat(folder.descriptor.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
               S_ISDIR(info.st_mode);
    }

    void enter(const Folder& folder, const std::string& name, std::size_t index) {
        if (folder.depth == kScanDepthMax) {
            return fault("expected folders in folders down to " + std::to_string(kScanDepthMax) +
                         ", but " + folder.path.string() + " goes deeper");
        }
        const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY;
        const Folder inner{Descriptor(::openat(folder.descriptor.get(), name.c_str(), flags)),
                           folder.path / name, folder.real / name, folder.depth + 1};
        if (inner.descriptor) return go(inner, index);
        if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) unreadable(inner.path);
    }

    void take(const Folder& folder, const std::string& name) {
        const fs::path path = folder.path / name;
        if (is_ignored(name) || !seen_.insert(path).second) return;
        struct stat info {};
        FoundFile file;
        if (::fstatat(folder.descriptor.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !take_status(info, file)) {
            return;
        }
        file.uri = glob_.uri_of(path);
        file.path = path;
        file.real = folder.real / name;
        file.match = match_of(parts_.back(), name);
        file.is_marked = is_marked(plan_.done_marker, path);
        scan_.files.push_back(std::move(file));
    }

    [[nodiscard]] bool is_ignored(const std::string& name) const {
        return std::any_of(plan_.ignore.begin(), plan_.ignore.end(), [&](const auto& pattern) {
            return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
        });
    }

    bool is_too_much() {
        if (++names_ <= kScanNamesMax) return false;
        fault("expected at most " + std::to_string(kScanNamesMax) +
              " files and folders to look at, but there are more; say more exactly where they lie "
              "than '" +
              glob_.pattern.string() + "'");
        return true;
    }

    void unreadable(const fs::path& folder) {
        fault("expected a folder that can be read at " + folder.string() +
              ", but: " + std::strerror(errno));
    }

    void fault(const std::string& text) {
        if (scan_.fault.empty()) scan_.fault = text;
    }

    const ScanPlan& plan_;
    const FileGlob& glob_;
    const std::atomic<bool>& is_stopping_;
    std::size_t& names_;
    Scan& scan_;
    std::vector<std::string> parts_;
    std::set<std::pair<fs::path, std::size_t>> been_;
    std::set<fs::path> seen_;
};

}  // namespace

fs::path FileGlob::fixed_part() const {
    fs::path fixed;
    for (const fs::path& part : pattern) {
        if (has_glob(part.string())) break;
        fixed /= part;
    }
    return fixed == pattern ? fixed.parent_path() : fixed;
}

std::string FileGlob::uri_of(const fs::path& path) const {
    if (lake_uri.empty()) return path.string();
    return lake_uri + "/" + path.lexically_relative(lake_root).generic_string();
}

Result<FileGlob> glob_of(const std::string& text, const FilePlaces& places) {
    FileGlob glob;
    if (begins_with(text, kLake)) {
        const std::string rest = text.substr(kLake.size());
        const std::size_t slash = rest.find('/');
        const std::string zone = rest.substr(0, slash);
        if (slash == rest.npos || slash + 1 == rest.size() || zone.empty() || has_glob(zone) ||
            begins_with(zone, ".")) {
            return fail(ErrorCode::invalid, "expected lake://ZONE/path, but got '" + text + "'");
        }
        const auto lake = places.lakes.find(zone);
        glob.lake_uri = std::string(kLake) + zone;
        glob.lake_root =
            lake != places.lakes.end() ? lake->second : places.data_folder / "lake" / zone;
        glob.pattern = glob.lake_root / rest.substr(slash + 1);
    } else if (begins_with(text, kFile)) {
        glob.pattern = text.substr(kFile.size());
    } else if (text.find("://") != text.npos) {
        return fail(ErrorCode::invalid,
                    "expected a path, file:// or lake://ZONE/, but got '" + text + "'");
    } else {
        glob.pattern = places.data_folder / text;
    }
    glob.pattern = glob.pattern.lexically_normal();
    if (!glob.pattern.is_absolute() || !glob.pattern.has_filename()) {
        return fail(ErrorCode::invalid, "expected the path of files, but got '" + text + "'");
    }
    return glob;
}

std::vector<fs::path> FilePlaces::roots() const {
    std::vector<fs::path> roots{data_folder};
    for (const auto& [zone, folder] : lakes) roots.push_back(folder);
    roots.insert(roots.end(), allowed_roots.begin(), allowed_roots.end());
    return roots;
}

bool look_at(int descriptor, FoundFile& file) {
    struct stat info {};
    return ::fstat(descriptor, &info) == 0 && take_status(info, file);
}

bool is_same_file(const FoundFile& a, const FoundFile& b) {
    return a.size == b.size && a.modified_ns == b.modified_ns && a.changed_ns == b.changed_ns &&
           a.inode == b.inode;
}

Scan scan_files(const ScanPlan& plan, const std::atomic<bool>& is_stopping) {
    Scan scan;
    std::size_t names = 0;
    for (const FileGlob& glob : plan.globs) Walk(plan, glob, is_stopping, names, scan).run();
    return scan;
}

}  // namespace stepwell::triggers
