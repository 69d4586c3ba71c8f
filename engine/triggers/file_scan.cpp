#include "engine/triggers/file_scan.hpp"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

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

/// Goes down along the parts of the pattern.
class Walk {
public:
    Walk(const FileGlob& glob, const std::vector<std::string>& ignore, Scan& scan)
        : glob_(glob), ignore_(ignore), scan_(scan) {
        for (const fs::path& part : glob.pattern.relative_path()) parts_.push_back(part.string());
    }

    void run() { go(glob_.pattern.root_path(), 0); }

private:
    void go(const fs::path& folder, std::size_t index) {
        const std::string& part = parts_[index];
        const bool is_last = index + 1 == parts_.size();
        if (!has_glob(part)) {
            if (is_last) {
                scan_.folders.insert(folder);
                return take(folder / part);
            }
            return go(folder / part, index + 1);
        }
        // "**" may stand for no folder at all, and at the end for every file below.
        if (part == "**" && !is_last) go(folder, index + 1);
        list(folder, index);
    }

    void list(const fs::path& folder, std::size_t index) {
        std::error_code error;
        fs::directory_iterator entries(folder, error);
        if (error) return fault(folder, error);
        scan_.folders.insert(folder);
        const std::string& part = parts_[index];
        const bool is_last = index + 1 == parts_.size();
        for (; entries != fs::directory_iterator(); entries.increment(error)) {
            if (error) return fault(folder, error);
            const fs::path& path = entries->path();
            std::error_code ignored;
            if (part == "**") {
                if (is_last) take(path);
                const bool is_inner =
                    entries->is_directory(ignored) && !entries->is_symlink(ignored);
                if (is_inner && !is_ignored(path)) list_or_go(path, index, is_last);
            } else if (::fnmatch(part.c_str(), path.filename().c_str(), 0) == 0) {
                if (is_last) {
                    take(path);
                } else if (entries->is_directory(ignored)) {
                    go(path, index + 1);
                }
            }
        }
    }

    void list_or_go(const fs::path& folder, std::size_t index, bool is_last) {
        if (is_last) {
            list(folder, index);
        } else {
            go(folder, index);
        }
    }

    void take(const fs::path& path) {
        if (is_ignored(path) || !seen_.insert(path).second) return;
        FoundFile file;
        if (!look_at(path, file)) return;
        file.uri = glob_.uri_of(path);
        file.path = path;
        file.match = match_of(parts_.back(), path.filename().string());
        scan_.files.push_back(std::move(file));
    }

    [[nodiscard]] bool is_ignored(const fs::path& path) const {
        const std::string name = path.filename().string();
        return std::any_of(ignore_.begin(), ignore_.end(), [&](const std::string& pattern) {
            return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
        });
    }

    void fault(const fs::path& folder, const std::error_code& error) {
        if (!scan_.fault.empty()) return;
        scan_.fault = "expected a folder that can be read at " + folder.string() +
                      ", but: " + error.message();
    }

    const FileGlob& glob_;
    const std::vector<std::string>& ignore_;
    Scan& scan_;
    std::vector<std::string> parts_;
    std::set<fs::path> seen_;  // "a/**/**/x" comes by more than once
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

bool look_at(const fs::path& path, FoundFile& file) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
    file.size = static_cast<std::uint64_t>(info.st_size);
    file.modified_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
    return true;
}

void scan_glob(const FileGlob& glob, const std::vector<std::string>& ignore, Scan& scan) {
    std::error_code ignored;
    const fs::path base = glob.fixed_part();
    if (!fs::is_directory(base, ignored)) {
        if (scan.fault.empty()) {
            scan.fault = "expected a folder at " + base.string() + ", but there is none";
        }
        fs::path there = base;
        while (there.has_relative_path() && !fs::is_directory(there, ignored)) {
            there = there.parent_path();
        }
        scan.folders.insert(there);  // where it will appear
        return;
    }
    Walk(glob, ignore, scan).run();
}

}  // namespace stepwell::triggers
