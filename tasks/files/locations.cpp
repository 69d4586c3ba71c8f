#include "tasks/files/locations.hpp"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <ctime>

#include "engine/base/digest.hpp"
#include "tasks/files/beneath.hpp"
#include "tasks/files/durable_files.hpp"

namespace stepwell::tasks::data {
namespace {

namespace fs = std::filesystem;

// Of the data folder's own, not for tasks.
constexpr std::array<std::string_view, 9> kReservedFolders = {
    "logs", "metrics", "functions", "outbox", "run", "hosts", "secrets", "backups", "map_runs"};

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

/// Whether something below the folder `name` may match; so that no other folder need be readable.
bool may_match(fs::path::const_iterator pattern, fs::path::const_iterator pattern_end,
               fs::path::const_iterator name, fs::path::const_iterator name_end) {
    if (name == name_end) return pattern != pattern_end;
    if (pattern == pattern_end) return false;
    const bool is_hidden_name = is_hidden(*name);
    if (*pattern == "**") {
        if (may_match(std::next(pattern), pattern_end, name, name_end)) return true;
        return !is_hidden_name && may_match(pattern, pattern_end, std::next(name), name_end);
    }
    if (fnmatch(pattern->c_str(), name->c_str(), 0) != 0) return false;
    if (is_hidden_name && pattern->string()[0] != name->string()[0]) return false;
    return may_match(std::next(pattern), pattern_end, std::next(name), name_end);
}

/// Whether the file is unload's list of files, and not somebody's data that is called so.
bool is_manifest(const InputFile& file) {
    if (file.path.filename() != kManifest) return false;
    const auto opened = file.open();
    if (!opened) return false;
    std::array<char, 32> head{};
    const ssize_t count = ::read(opened->get(), head.data(), head.size());
    std::string text;
    for (ssize_t i = 0; i < count; ++i) {
        if (std::isspace(static_cast<unsigned char>(head[static_cast<std::size_t>(i)])) == 0)
            text += head[static_cast<std::size_t>(i)];
    }
    return text.starts_with(std::string("{\"") + kManifestMark + "\":");
}

constexpr std::int64_t kNanoseconds = 1'000'000'000;  // of a second
constexpr int kListFlags = O_RDONLY | O_DIRECTORY;

DataError denied(std::string_view uri) {
    return {"E_DENIED",
            "expected a place in a lake, in a folder of the data folder or under allowed_roots, "
            "but got " +
                std::string(uri) + "; add its folder to allowed_roots in the configuration"};
}

/// The folder `name` in an open one.
DataResult<Descriptor> open_folder(const Descriptor& parent, const std::string& name,
                                   const fs::path& shown) {
    Descriptor folder(::openat(parent.get(), name.c_str(), kListFlags | O_NOFOLLOW | O_CLOEXEC));
    if (folder) return folder;
    const bool is_gone = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    return data_fail(
        is_gone           ? "E_NOT_FOUND"
        : errno == EACCES ? "E_DENIED"
                          : "E_DISK",
        shown.string() + ": expected to list the folder, but: " + std::strerror(errno));
}

/// ISO, UTC, with nanoseconds.
std::string time_text(const struct stat& info) {
    std::tm utc{};
    gmtime_r(&info.st_mtim.tv_sec, &utc);
    std::array<char, 64> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::snprintf(text.data() + size, text.size() - size, ".%09ldZ", info.st_mtim.tv_nsec);
    return text.data();
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

DataResult<Descriptor> InputFile::open() const {
    auto opened = files::open_beneath(root, path.lexically_relative(root), O_RDONLY | O_NONBLOCK);
    if (!opened) return fail(std::move(opened).error().within(uri));
    return opened;
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

DataResult<fs::path> Locations::named_path(std::string_view uri) const {
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
    if (path == data_folder_ || is_reserved(*relative.begin())) return false;
    if (std::distance(relative.begin(), relative.end()) > 1) return true;
    // Files at the top are the daemon's: its database, the warehouse. New folders there have names
    // that none of its files has.
    std::error_code ignored;
    return fs::is_directory(path, ignored) ||
           (!files::is_there(path) && relative.string().find('.') == std::string::npos);
}

DataResult<fs::path> Locations::resolve(std::string_view uri) const {
    const fs::path named = SW_TRY(named_path(uri));
    fs::path path = real_path(named);
    if (is_allowed(path)) return path;
    return fail(denied(uri));
}

std::optional<fs::path> Locations::root_of(const fs::path& path) const {
    if (!is_allowed(path)) return std::nullopt;
    for (const auto& zone : zones_) {
        if (is_below(path, zone.path)) return zone.path;
    }
    for (const auto& root : roots_) {
        if (is_below(path, root)) return root;
    }
    return data_folder_;
}

DataResult<void> Locations::refuse_in_lake(const fs::path& path, std::string_view uri) const {
    const fs::path root = root_of(path).value_or(path);
    for (fs::path at = path; is_below(at, root); at = at.parent_path()) {
        if (files::is_there(at / kLakeFolder)) {
            return data_fail("E_CONFLICT", "expected a place that is no lake table's, but " +
                                               std::string(uri) + " is in the table " + uri_of(at) +
                                               ", whose log knows only what etl writes; choose a "
                                               "folder beside it");
        }
        if (at == at.parent_path()) break;
    }
    return {};
}

DataResult<fs::path> Locations::target(std::string_view uri) const {
    fs::path path = SW_TRY(resolve(uri));
    SW_TRY(refuse_in_lake(path, uri));
    return path;
}

DataResult<fs::path> Locations::lake_target(std::string_view uri) const {
    fs::path path = SW_TRY(resolve(uri));
    if (const fs::path above = path.parent_path(); is_allowed(above)) {
        SW_TRY(refuse_in_lake(above, uri));
    }
    return path;
}

DataResult<files::Place> Locations::place_of(const fs::path& path) const {
    const auto root = root_of(path);
    if (!root) return fail(denied(uri_of(path)));
    return files::Place{*root, path.lexically_relative(*root)};
}

fs::path Locations::staging_folder(const fs::path& folder) const {
    const auto root = root_of(folder);
    const bool is_late = root == data_folder_ && !is_below(folder, data_folder_ / "lake");
    return is_late ? temporary_folder() : folder;
}

DataResult<InputFile> Locations::file_at(const fs::path& path) const {
    const std::string uri = uri_of(path);
    const files::Place place = SW_TRY(place_of(path));
    auto opened = files::open_beneath(place.root, place.relative, O_PATH);
    if (!opened) return fail(std::move(opened).error().within(uri));
    struct stat info {};
    if (::fstat(opened->get(), &info) != 0) {
        return data_fail("E_DISK", uri + ": cannot look at it: " + std::strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return data_fail("E_NOT_FOUND", uri + ": expected a file, but it is something else");
    }
    const std::int64_t touched = info.st_ctim.tv_sec * kNanoseconds + info.st_ctim.tv_nsec;
    const auto bytes = static_cast<std::uint64_t>(info.st_size);
    const std::string identity = std::to_string(info.st_ino) + " " + std::to_string(bytes) + " " +
                                 time_text(info) + " " + std::to_string(touched);
    return InputFile{uri,   path,     place.root,  bytes,  time_text(info),
                     false, identity, info.st_ino, touched};
}

/// What a walk looks for, and what it has found.
struct Locations::Listing {
    fs::path folder;                 // where it began
    fs::path pattern;                // relative to `folder`; "" = all that is not hidden
    bool is_raw = false;             // names only, hidden ones too
    std::vector<InputFile> files;    // where it is not raw
    std::vector<fs::path> relative;  // where it is

    [[nodiscard]] bool wants(const fs::path& name) const {
        if (is_raw) return true;
        return pattern.empty() ? !is_hidden(name)
                               : matches(pattern.begin(), pattern.end(), name.begin(), name.end());
    }
    /// Whether something wanted may lie below.
    [[nodiscard]] bool enters(const fs::path& name) const {
        if (is_raw) return true;
        return pattern.empty()
                   ? !is_hidden(name)
                   : may_match(pattern.begin(), pattern.end(), name.begin(), name.end());
    }
};

DataResult<void> Locations::add_link(const fs::path& link, Listing& listing) const {
    std::error_code failed;
    const fs::path path = fs::canonical(link, failed);
    if (failed == std::errc::no_such_file_or_directory) return {};  // to nowhere: no data
    if (failed || !is_allowed(path)) {
        return data_fail("E_DENIED", uri_of(link) +
                                         ": expected a file, but it is a symbolic link that leads "
                                         "out of what tasks may touch; remove it");
    }
    if (fs::is_directory(path, failed)) return {};
    listing.files.push_back(SW_TRY(file_at(path)));
    return {};
}

/// Looks at the open folder `below` of the listing's. What goes away meanwhile was not there.
DataResult<void> Locations::walk(const Descriptor& open, const fs::path& below,
                                 Listing& listing) const {
    const auto goes_on = [](const DataResult<void>& done) {
        return done || done.error().code == "E_NOT_FOUND";
    };
    for (const auto& entry : SW_TRY(files::list_folder(open, listing.folder / below))) {
        const fs::path relative = below / entry.name;
        const fs::path path = listing.folder / relative;
        if (entry.kind == files::EntryKind::folder) {
            if (!listing.enters(relative)) continue;
            auto inner = open_folder(open, entry.name, path);
            if (!inner && inner.error().code == "E_NOT_FOUND") continue;
            const Descriptor folder = SW_TRY(std::move(inner));
            SW_TRY(walk(folder, relative, listing));
        } else if (!listing.wants(relative)) {
            continue;
        } else if (listing.is_raw) {
            listing.relative.push_back(relative);
        } else if (entry.kind == files::EntryKind::link) {
            auto done = add_link(path, listing);
            if (!goes_on(done)) return done;
        } else if (entry.kind == files::EntryKind::file) {
            auto file = file_at(path);
            if (!file && file.error().code == "E_NOT_FOUND") continue;
            InputFile found = SW_TRY(std::move(file));
            if (!is_manifest(found)) listing.files.push_back(std::move(found));
        }
    }
    return {};
}

DataResult<std::vector<fs::path>> Locations::all_below(const fs::path& folder) const {
    Listing listing;
    listing.folder = folder;
    listing.is_raw = true;
    const files::Place place = SW_TRY(place_of(folder));
    auto open = files::open_beneath(place.root, place.relative, kListFlags);
    if (!open && open.error().code == "E_NOT_FOUND") return std::vector<fs::path>();
    const Descriptor opened = SW_TRY(std::move(open));
    SW_TRY(walk(opened, {}, listing));
    std::sort(listing.relative.begin(), listing.relative.end());
    return std::move(listing.relative);
}

DataResult<std::vector<InputFile>> Locations::expand_one(const std::string& uri) const {
    Listing listing;
    const fs::path named = SW_TRY(named_path(uri)).lexically_normal();
    // "report[1].csv" is a file's name before it is a pattern.
    const bool is_pattern = has_glob(uri) && !files::is_there(named);
    if (is_pattern) {
        const fs::path fixed = fixed_part(named);
        listing.folder = real_path(fixed);
        listing.pattern = named.lexically_relative(fixed);
        if (!is_allowed(listing.folder)) return fail(denied(uri));
    } else {
        const fs::path path = real_path(named);
        std::error_code ignored;
        const bool is_folder = fs::is_directory(path, ignored);
        if (!is_allowed(path)) return fail(denied(uri));
        if (!is_folder) {
            listing.files.push_back(SW_TRY(file_at(path)));
            return std::move(listing.files);
        }
        listing.folder = path;
    }
    const files::Place folder = SW_TRY(place_of(listing.folder));
    auto open = files::open_beneath(folder.root, folder.relative, kListFlags);
    if (!open && open.error().code == "E_NOT_FOUND" && is_pattern) return std::vector<InputFile>();
    if (!open) return fail(std::move(open).error().within(uri));
    SW_TRY(walk(*open, {}, listing));
    return std::move(listing.files);
}

DataResult<std::vector<InputFile>> Locations::expand(const Json& uris) const {
    if (!uris.is_string() && !uris.is_array()) {
        return data_fail("E_CONFIG", "expected uri to be a text or a list of texts");
    }
    std::vector<InputFile> files;
    for (const auto& uri : uris.is_array() ? uris : Json::array({uris})) {
        if (!uri.is_string()) return data_fail("E_CONFIG", "expected each uri to be a text");
        for (auto& file : SW_TRY(expand_one(uri.get<std::string>())))
            files.push_back(std::move(file));
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

DataResult<std::vector<fs::path>> Locations::allowed_folders() const {
    std::vector<fs::path> folders = {data_folder_ / "lake", temporary_folder()};
    for (const auto& zone : zones_) folders.push_back(zone.path);
    folders.insert(folders.end(), roots_.begin(), roots_.end());
    const Descriptor open = SW_TRY(files::open_beneath(data_folder_, {}, kListFlags));
    for (const auto& entry : SW_TRY(files::list_folder(open, data_folder_))) {
        if (entry.kind == files::EntryKind::folder && !is_reserved(entry.name)) {
            folders.push_back(data_folder_ / entry.name);
        }
    }
    return folders;
}

}  // namespace stepwell::tasks::data
