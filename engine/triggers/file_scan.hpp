// Which files a glob names, and where: "data/in/*.csv" below the data folder, "/srv/in/**/*.csv",
// "file:///srv/in/*.csv", "lake://ZONE/in/*.csv".
//
// `*` and `?` and `[a-z]` stand for parts of one name, `**` for any number of folders (symbolic
// links to folders are not followed there).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/definition/starts.hpp"

namespace stepwell::triggers {

/// Where relative paths begin and lakes lie.
struct FilePlaces {
    std::filesystem::path data_folder;
    std::map<std::string, std::filesystem::path> lakes;  // by zone; others are folders of lake/
};

struct FoundFile {
    std::string uri;  // as tasks take it: "lake://ZONE/..." or an absolute path
    /// What the globs in the last part of the pattern stand for: "2001-01" of "flights-*.csv".
    std::string match;
    std::filesystem::path path;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;  // since the epoch
};

/// A glob, put where it belongs.
struct FileGlob {
    std::filesystem::path pattern;  // absolute
    std::string lake_uri;           // "lake://ZONE" where it is in a lake
    std::filesystem::path lake_root;
    /// The part before the first folder with a `*`.
    [[nodiscard]] std::filesystem::path fixed_part() const;
    [[nodiscard]] std::string uri_of(const std::filesystem::path& path) const;
};

/// Fails with `invalid` for another scheme.
Result<FileGlob> glob_of(const std::string& text, const FilePlaces& places);

struct Scan {
    std::vector<FoundFile> files;
    std::set<std::filesystem::path> folders;  // that were looked into
    std::string fault;  // a folder that is missing or cannot be read; else empty
};

/// Adds the regular files that match and whose names `ignore` does not.
void scan_glob(const FileGlob& glob, const std::vector<std::string>& ignore, Scan& scan);

/// Size and time of change now; false where there is no such regular file.
bool look_at(const std::filesystem::path& path, FoundFile& file);

}  // namespace stepwell::triggers
