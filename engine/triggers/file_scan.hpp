// Which files a glob names, and where: "data/in/*.csv" below the data folder, "/srv/in/**/*.csv",
// "file:///srv/in/*.csv", "lake://ZONE/in/*.csv".
//
// `*` and `?` and `[a-z]` stand for parts of one name, `**` for any number of folders. Links are
// followed up to the first folder with a glob, which has to lie below a configured root, and
// nowhere behind it: who may drop files there cannot have others read through them.
#pragma once

#include <atomic>
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
    std::vector<std::filesystem::path> allowed_roots;    // besides the data folder and the lakes

    /// The folders below which files may be looked at.
    [[nodiscard]] std::vector<std::filesystem::path> roots() const;
};

struct FoundFile {
    std::string uri;  // as tasks take it: "lake://ZONE/..." or an absolute path
    /// What the globs in the last part of the pattern stand for: "2001-01" of "flights-*.csv".
    std::string match;
    std::filesystem::path path;
    std::filesystem::path real;  // the same without a link
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;  // since the epoch
    std::int64_t changed_ns = 0;   // when its inode last changed: nobody can set that
    std::uint64_t inode = 0;
    bool is_marked = true;  // its marker is there, or it needs none
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

/// What to look for.
struct ScanPlan {
    std::vector<FileGlob> globs;
    std::vector<std::string> ignore;
    std::string done_marker;  // see the trigger's field; empty: none
    std::vector<std::filesystem::path> roots;
};

struct Scan {
    std::vector<FoundFile> files;
    std::set<std::filesystem::path> folders;  // that were looked into
    std::string fault;  // a folder that is missing or cannot be read; else empty
};

/// No scan looks at more names than this, nor deeper: what is there by then is taken.
inline constexpr std::size_t kScanNamesMax = 1'000'000;
inline constexpr std::size_t kScanDepthMax = 64;

/// The regular files that match and whose names `ignore` does not. Looks at each name once for each
/// part of the glob at most. Ends soon, with less, once `is_stopping`.
Scan scan_files(const ScanPlan& plan, const std::atomic<bool>& is_stopping);

/// Size and times of the open file; false where it is no regular one.
bool look_at(int descriptor, FoundFile& file);

/// Whether nothing has been written to the one that now looks as the other.
bool is_same_file(const FoundFile& a, const FoundFile& b);

}  // namespace stepwell::triggers
