// Where data is: "lake://ZONE/path", "file:///path", paths absolute or relative to the data folder,
// with globs, as files on this machine; and which of them tasks may touch.
//
// Threads: immutable after construction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "tasks/support/data_error.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks::data {

struct InputFile {
    std::string uri;
    std::filesystem::path path;
    std::uint64_t bytes = 0;
    std::string modified_at;  // ISO, UTC, with nanoseconds
    /// Changes whenever the file is replaced or written: size and time of change.
    [[nodiscard]] std::string etag() const;
};

class Locations {
public:
    explicit Locations(const HostSettings& settings);

    /// The file or folder that `uri` names (it need not exist). Fails with E_DENIED outside of what
    /// tasks may touch (symbolic links are followed), E_UNSUPPORTED for other schemes.
    [[nodiscard]] DataResult<std::filesystem::path> resolve(std::string_view uri) const;

    /// The files of `uris` (a text or a list of texts), sorted by path, without repetitions. A glob
    /// (`*`, `?`, `[a-z]`, `**`) stands for the files that match; a folder for those below it.
    /// Names that begin with `_` or `.` are left out unless named. Fails with E_NOT_FOUND where a
    /// name without glob is not there.
    [[nodiscard]] DataResult<std::vector<InputFile>> expand(const Json& uris) const;

    /// "lake://ZONE/..." where the path is in a lake, else the path.
    [[nodiscard]] std::string uri_of(const std::filesystem::path& path) const;

    /// What SQL may read and write: the folders for DuckDB's sandbox.
    [[nodiscard]] std::vector<std::filesystem::path> allowed_folders() const;
    [[nodiscard]] const std::filesystem::path& data_folder() const { return data_folder_; }
    [[nodiscard]] std::filesystem::path temporary_folder() const { return data_folder_ / "tmp"; }

private:
    struct Zone {
        std::string name;
        std::filesystem::path path;
    };
    [[nodiscard]] DataResult<std::filesystem::path> place(std::string_view uri) const;
    [[nodiscard]] bool is_allowed(const std::filesystem::path& path) const;

    std::filesystem::path data_folder_;
    std::vector<Zone> zones_;  // configured ones; others are folders of lake/
    std::vector<std::filesystem::path> roots_;
};

/// Size and time of change of one file.
DataResult<InputFile> stat_file(const std::filesystem::path& path, std::string uri);

}  // namespace stepwell::tasks::data
