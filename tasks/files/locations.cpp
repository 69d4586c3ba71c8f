#include "tasks/files/locations.hpp"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

#include "engine/base/digest.hpp"

namespace stepwell::tasks::data {
namespace {

namespace fs = std::filesystem;

// Of the data folder's own, not for tasks.
constexpr std::array<std::string_view, 8> kReservedFolders = {
    "logs", "metrics", "functions", "outbox", "run", "hosts", "secrets", "backups"};

bool is_reserved(const fs::path& name) {
    return std::find(kReservedFolders.begin(), kReservedFolders.end(), name.string()) !=
           kReservedFolders.end();
}

bool is_below(const fs::path& path, const fs::path& root) {
    const auto [end, ignored] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
    return end == root.end() || (std::next(end) == root.end() && end->empty());
}

fs::path real_path(const fs::path& path) {
    std::error_code failed;
    fs::path result = fs::weakly_canonical(path, failed);
    if (failed) return path.lexically_normal();
    return result.has_filename() ? result : result.parent_path();
}

bool has_glob(std::string_view text) {
    return text.find_first_of("*?[") != text.npos;
}

bool is_hidden(const fs::path& relative) {
    return std::any_of(relative.begin(), relative.end(), [](const fs::path& part) {
        const std::string name = part.string();
        return !name.empty() && (name[0] == '_' || name[0] == '.');
    });
}

/// Matches path parts one by one; `**` takes any number of them.
bool matches(fs::path::const_iterator pattern, fs::path::const_iterator pattern_end,
             fs::path::const_iterator name, fs::path::const_iterator name_end) {
    if (pattern == pattern_end) return name == name_end;
    const bool is_hidden_name = name != name_end && is_hidden(*name);
    if (*pattern == "**") {
        if (matches(std::next(pattern), pattern_end, name, name_end)) return true;
        return name != name_end && !is_hidden_name &&
               matches(pattern, pattern_end, std::next(name), name_end);
    }
    if (name == name_end || fnmatch(pattern->c_str(), name->c_str(), 0) != 0) return false;
    if (is_hidden_name && pattern->string()[0] != name->string()[0]) return false;
    return matches(std::next(pattern), pattern_end, std::next(name), name_end);
}

/// The part of a path before its first glob.
fs::path fixed_part(const fs::path& path) {
    fs::path fixed;
    for (const auto& part : path) {
        if (has_glob(part.string())) break;
        fixed /= part;
    }
    return fixed;
}

}  // namespace

std::string InputFile::etag() const {
    return digest_hex("SHA-256", std::to_string(bytes) + "@" + modified_at)
        .value_or("")
        .substr(0, 32);
}

DataResult<InputFile> stat_file(const fs::path& path, std::string uri) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        const std::string code = errno == EACCES ? "E_DENIED" : "E_NOT_FOUND";
        return data_fail(code, uri + ": expected a file, but: " + std::strerror(errno));
    }
    std::tm utc{};
    gmtime_r(&info.st_mtim.tv_sec, &utc);
    std::array<char, 64> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::snprintf(text.data() + size, text.size() - size, ".%09ldZ", info.st_mtim.tv_nsec);
    return InputFile{std::move(uri), path, static_cast<std::uint64_t>(info.st_size), text.data()};
}

Locations::Locations(const HostSettings& settings) : data_folder_(real_path(settings.data_folder)) {
    if (const Json* lakes = find(settings.configuration, "lakes"); lakes && lakes->is_object()) {
        for (const auto& [name, lake] : lakes->items()) {
            const std::string path =
                lake.is_string() ? lake.get<std::string>() : string_or(lake, "path", "");
            if (!path.empty()) zones_.push_back({name, real_path(data_folder_ / path)});
        }
    }
    const Json* roots = find(settings.configuration, "allowed_roots");
    if (roots == nullptr || !roots->is_array()) return;
    for (const auto& root : *roots) {
        if (root.is_string()) roots_.push_back(real_path(data_folder_ / root.get<std::string>()));
    }
}

DataResult<fs::path> Locations::place(std::string_view uri) const {
    constexpr std::string_view kLake = "lake://";
    constexpr std::string_view kFile = "file://";
    if (uri.find('\0') != uri.npos) {
        return data_fail("E_CONFIG", "expected a place without a zero byte in its name");
    }
    if (uri.starts_with(kLake)) {
        uri.remove_prefix(kLake.size());
        const std::string zone(uri.substr(0, uri.find('/')));
        const std::string_view rest = uri.substr(std::min(uri.size(), zone.size() + 1));
        if (zone.empty() || zone == "." || zone == "..") {
            return data_fail("E_CONFIG", "expected lake://ZONE/path, but the zone is missing");
        }
        for (const auto& known : zones_) {
            if (known.name == zone) return known.path / rest;
        }
        return data_folder_ / "lake" / zone / rest;
    }
    if (uri.starts_with(kFile)) {
        uri.remove_prefix(kFile.size());
        if (!uri.starts_with("/")) {
            return data_fail("E_CONFIG",
                             "expected file:///absolute/path, but got file://" + std::string(uri));
        }
        return fs::path(uri);
    }
    if (const auto colon = uri.find("://"); colon != uri.npos) {
        return data_fail("E_UNSUPPORTED", "expected lake://, file:// or a path, but got " +
                                              std::string(uri.substr(0, colon)) + "://");
    }
    if (uri.empty()) return data_fail("E_CONFIG", "expected a place for data, but it is empty");
    return data_folder_ / uri;  // an absolute path replaces the folder
}

bool Locations::is_allowed(const fs::path& path) const {
    for (const auto& zone : zones_) {
        if (is_below(path, zone.path)) return true;
    }
    for (const auto& root : roots_) {
        if (is_below(path, root)) return true;
    }
    if (!is_below(path, data_folder_)) return false;
    const fs::path relative = path.lexically_relative(data_folder_);
    // Files at the top are the daemon's: its database, the warehouse.
    return std::distance(relative.begin(), relative.end()) > 1 && !is_reserved(*relative.begin());
}

DataResult<fs::path> Locations::resolve(std::string_view uri) const {
    const fs::path named = SW_TRY(place(uri));
    fs::path path = real_path(named);
    if (is_allowed(path)) return path;
    return data_fail("E_DENIED",
                     "expected a place in a lake, in a folder of the data folder or "
                     "under allowed_roots, but got " +
                         std::string(uri) +
                         "; add its folder to allowed_roots in the configuration");
}

DataResult<std::vector<InputFile>> Locations::expand(const Json& uris) const {
    std::vector<InputFile> files;
    const auto add = [&](const fs::path& path) -> DataResult<void> {
        files.push_back(SW_TRY(stat_file(path, uri_of(path))));
        return {};
    };
    const auto walk = [&](const fs::path& folder, const fs::path& pattern) -> DataResult<void> {
        std::error_code failed;
        const fs::path below = pattern.empty() ? pattern : pattern.lexically_relative(folder);
        fs::recursive_directory_iterator it(folder, failed);
        for (; !failed && it != fs::recursive_directory_iterator(); it.increment(failed)) {
            const fs::path relative = it->path().lexically_relative(folder);
            std::error_code ignored;
            if (!it->is_regular_file(ignored)) continue;
            const bool is_wanted = pattern.empty() ? !is_hidden(relative)
                                                   : matches(below.begin(), below.end(),
                                                             relative.begin(), relative.end());
            if (is_wanted) SW_TRY(add(it->path()));
        }
        return {};
    };
    const auto take = [&](const std::string& uri) -> DataResult<void> {
        if (has_glob(uri)) {
            const fs::path pattern = SW_TRY(place(uri)).lexically_normal();
            const fs::path folder = SW_TRY(resolve(fixed_part(pattern).string()));
            return walk(folder, folder / pattern.lexically_relative(fixed_part(pattern)));
        }
        const fs::path path = SW_TRY(resolve(uri));
        std::error_code ignored;
        return fs::is_directory(path, ignored) ? walk(path, {}) : add(path);
    };
    if (!uris.is_string() && !uris.is_array()) {
        return data_fail("E_CONFIG", "expected uri to be a text or a list of texts");
    }
    for (const auto& uri : uris.is_array() ? uris : Json::array({uris})) {
        if (!uri.is_string()) return data_fail("E_CONFIG", "expected each uri to be a text");
        SW_TRY(take(uri.get<std::string>()));
    }
    std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.path < b.path; });
    files.erase(
        std::unique(files.begin(), files.end(), [](auto& a, auto& b) { return a.path == b.path; }),
        files.end());
    return files;
}

std::string Locations::uri_of(const fs::path& path) const {
    for (const auto& zone : zones_) {
        if (is_below(path, zone.path)) {
            return "lake://" + zone.name + "/" + path.lexically_relative(zone.path).string();
        }
    }
    const fs::path lake = data_folder_ / "lake";
    if (is_below(path, lake)) return "lake://" + path.lexically_relative(lake).string();
    return path.string();
}

std::vector<fs::path> Locations::allowed_folders() const {
    std::vector<fs::path> folders = {data_folder_ / "lake", temporary_folder()};
    for (const auto& zone : zones_) folders.push_back(zone.path);
    folders.insert(folders.end(), roots_.begin(), roots_.end());
    std::error_code failed;
    for (fs::directory_iterator it(data_folder_, failed); !failed && it != fs::directory_iterator();
         it.increment(failed)) {
        std::error_code ignored;
        if (it->is_directory(ignored) && !is_reserved(it->path().filename())) {
            folders.push_back(it->path());
        }
    }
    return folders;
}

}  // namespace stepwell::tasks::data
