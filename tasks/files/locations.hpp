// Where data is: "lake://ZONE/path", "file:///path", paths absolute or relative to the data folder,
// with globs, as files on this machine; and which of them tasks may touch.
//
// Threads: immutable after construction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/descriptor.hpp"
#include "engine/base/json.hpp"
#include "tasks/files/moves.hpp"
#include "tasks/support/data_error.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks::data {

struct InputFile {
    std::string uri;
    std::filesystem::path path;  // without symbolic links when it was looked at
    std::filesystem::path root;  // the place that tasks may touch in which it lies
    std::uint64_t bytes = 0;
    std::string modified_at;  // ISO, UTC, with nanoseconds
    /// A file of a lake table: no other bytes will ever have its name.
    bool is_immutable = false;
    /// Which file it is, and when anything of it was last touched. No writer can set that back, as
    /// one may the time of change that the etag has.
    std::string identity;
    std::uint64_t inode = 0;
    std::int64_t touched_ns = 0;  // since 1970, UTC: of that last touch
    /// Changes whenever the file is replaced or written: size and time of change.
    [[nodiscard]] std::string etag() const;
    /// For reading. Fails with E_DENIED where a symbolic link has come into the way since.
    [[nodiscard]] DataResult<Descriptor> open() const;
};

class Locations {
public:
    explicit Locations(const HostSettings& settings);

    /// The file or folder that `uri` names (it need not exist). Fails with E_DENIED outside of what
    /// tasks may touch (symbolic links are followed), E_UNSUPPORTED for other schemes.
    [[nodiscard]] DataResult<std::filesystem::path> resolve(std::string_view uri) const;

    /// As resolve(), for files and folders that are to be written. Fails with E_CONFLICT in a lake
    /// table: its log does not know what others write there, and its readers would not see it.
    [[nodiscard]] DataResult<std::filesystem::path> target(std::string_view uri) const;
    /// As target(), for the root of a lake table, which may be there already.
    [[nodiscard]] DataResult<std::filesystem::path> lake_target(std::string_view uri) const;

    /// The files of `uris` (a text or a list of texts), sorted by path, without repetitions. A glob
    /// (`*`, `?`, `[a-z]`, `**`) stands for the files that match; a folder for those below it. What
    /// has the very name is meant before what matches it. Names that begin with `_` or `.` are left
    /// out unless named. A symbolic link stands for the file that it leads to; folders behind links
    /// are not entered. Fails with E_NOT_FOUND where a name without glob is not there, E_DENIED
    /// where a folder cannot be listed or a link leads out of what tasks may touch.
    [[nodiscard]] DataResult<std::vector<InputFile>> expand(const Json& uris) const;
    /// A file by its path. Fails as expand().
    [[nodiscard]] DataResult<InputFile> file_at(const std::filesystem::path& path) const;
    /// The files below a folder, hidden ones too, relative to it, sorted; none where it is not
    /// there. Links are listed, not followed.
    [[nodiscard]] DataResult<std::vector<std::filesystem::path>> all_below(
        const std::filesystem::path& folder) const;

    /// For reaching an allowed path without following links. Fails with E_DENIED outside.
    [[nodiscard]] DataResult<files::Place> place_of(const std::filesystem::path& path) const;
    /// Where the engine may write what is to get a name in `folder`: the folder itself, or the
    /// temporary folder on the same disk where `folder` may be newer than the engine's sandbox.
    [[nodiscard]] std::filesystem::path staging_folder(const std::filesystem::path& folder) const;

    /// "lake://ZONE/..." where the path is in a lake, else the path.
    [[nodiscard]] std::string uri_of(const std::filesystem::path& path) const;

    /// What SQL may read and write: the folders for DuckDB's sandbox.
    [[nodiscard]] DataResult<std::vector<std::filesystem::path>> allowed_folders() const;
    [[nodiscard]] const std::filesystem::path& data_folder() const { return data_folder_; }
    [[nodiscard]] std::filesystem::path temporary_folder() const { return data_folder_ / "tmp"; }

private:
    struct Zone {
        std::string name;
        std::filesystem::path path;
    };
    struct Listing;
    [[nodiscard]] DataResult<std::filesystem::path> named_path(std::string_view uri) const;
    [[nodiscard]] bool is_allowed(const std::filesystem::path& path) const;
    /// The zone, allowed root or data folder in which an allowed path lies.
    [[nodiscard]] std::optional<std::filesystem::path> root_of(
        const std::filesystem::path& path) const;
    [[nodiscard]] DataResult<std::vector<InputFile>> expand_one(const std::string& uri) const;
    [[nodiscard]] DataResult<void> walk(const Descriptor& open, const std::filesystem::path& below,
                                        Listing& listing) const;
    [[nodiscard]] DataResult<void> add_link(const std::filesystem::path& link,
                                            Listing& listing) const;
    [[nodiscard]] DataResult<void> refuse_in_lake(const std::filesystem::path& path,
                                                  std::string_view uri) const;

    std::filesystem::path data_folder_;
    std::vector<Zone> zones_;  // configured ones; others are folders of lake/
    std::vector<std::filesystem::path> roots_;
};

/// The folder of a lake table in which its log is. Nobody else has a folder of that name.
inline constexpr std::string_view kLakeFolder = "_stepwell";

/// What unload writes beside its files. It is no data: a folder or pattern does not stand for it.
/// It is known by its name, and by its first member.
inline constexpr std::string_view kManifest = "manifest.json";
inline constexpr const char* kManifestMark = "run_key";

}  // namespace stepwell::tasks::data
