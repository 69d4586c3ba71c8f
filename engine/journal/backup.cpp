#include "engine/journal/backup.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <system_error>
#include <vector>

#include "engine/base/descriptor.hpp"
#include "engine/base/digest.hpp"
#include "engine/journal/schema.hpp"
#include "engine/journal/sqlite.hpp"
#include "engine/journal/sqlite_file.hpp"
#include "engine/journal/tar.hpp"

namespace stepwell::journal {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "manifest.json";
constexpr const char* kJournal = "stepwell.db";
constexpr const char* kOutbox = "outbox.db";
constexpr const char* kSecretKey = "secret.key";
constexpr const char* kFormat = "stepwell-backup";
constexpr int kFormatVersion = 1;
constexpr std::uint64_t kManifestBytesMax = 1u << 20;
/// Pages copied before it is looked whether to stop.
constexpr int kPagesPerStep = 2'000;

constexpr const char* kArchive = "backup";
constexpr std::string_view kDraftMarks = ".XXXXXX";

/// "friday.tar.a1B2c3", with nothing in it but what a backup is made of.
bool is_draft(const fs::path& folder) {
    const std::string name = folder.filename().string();
    if (name.size() <= kDraftMarks.size() || name[name.size() - kDraftMarks.size()] != '.') {
        return false;
    }
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        const std::string file = entries->path().filename().string();
        const std::string stem = file.substr(0, file.rfind('-'));  // "stepwell.db-journal"
        const bool is_own = file == kManifest || file == kSecretKey || file == kArchive ||
                            stem == kJournal || stem == kOutbox;
        if (!is_own || !entries->is_regular_file(error)) return false;
    }
    return !error;
}

/// A folder for what is half done; gone with this. Locked, so that others know that somebody is at
/// work in it: what a killed process has left is not.
class Workshop {
public:
    static Result<std::unique_ptr<Workshop>> open(const fs::path& beside) {
        std::string name = beside.string() + ".XXXXXX";
        std::error_code ignored;
        fs::create_directories(fs::absolute(beside).parent_path(), ignored);
        if (!::mkdtemp(name.data())) {
            const std::string why = std::error_code(errno, std::generic_category()).message();
            return fail(ErrorCode::io,
                        "'" + fs::absolute(beside).parent_path().string() +
                            "': expected to write here, but that is not possible: " + why);
        }
        Descriptor lock(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (lock) ::flock(lock.get(), LOCK_EX | LOCK_NB);
        return std::unique_ptr<Workshop>(new Workshop(name, std::move(lock)));
    }
    ~Workshop() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    [[nodiscard]] fs::path operator/(const std::string& name) const { return folder_ / name; }

private:
    Workshop(fs::path folder, Descriptor lock)
        : folder_(std::move(folder)), lock_(std::move(lock)) {}
    fs::path folder_;
    Descriptor lock_;
};

using Connection = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;

Failure<Error> failure(const fs::path& path, const std::string& text) {
    return fail(ErrorCode::io, "'" + path.string() + "': " + text);
}

Result<Connection> connect(const fs::path& path, int flags) {
    sqlite3* handle = nullptr;
    const int status = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    Connection connection(handle, &sqlite3_close_v2);
    if (status != SQLITE_OK) return failure(path, sqlite3_errstr(status));
    sqlite3_busy_timeout(handle, 5'000);
    return connection;
}

Result<void> copy_pages(sqlite3* from, sqlite3* to, const fs::path& place,
                        const std::atomic<bool>* is_stopping) {
    sqlite3_backup* backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup) return failure(place, sqlite3_errmsg(to));
    int status = SQLITE_OK;
    while (status == SQLITE_OK || status == SQLITE_BUSY || status == SQLITE_LOCKED) {
        if (is_stopping && *is_stopping) break;
        status = sqlite3_backup_step(backup, kPagesPerStep);
    }
    sqlite3_backup_finish(backup);
    if (status == SQLITE_DONE) return {};
    if (is_stopping && *is_stopping) {
        return fail(ErrorCode::unavailable, "the daemon stops, so the backup was given up");
    }
    return failure(place, sqlite3_errstr(status));
}

/// The database as it is at one moment: the read transaction that is held meanwhile keeps what
/// others commit out of it, and the copy from beginning anew.
Result<void> copy_database(const fs::path& from, const fs::path& to,
                           const std::atomic<bool>* is_stopping) {
    const Connection source = SW_TRY(connect(from, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX));
    const Connection target =
        SW_TRY(connect(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX));
    const int begun = sqlite3_exec(source.get(), "BEGIN; SELECT count(*) FROM sqlite_schema",
                                   nullptr, nullptr, nullptr);
    if (begun != SQLITE_OK) return failure(from, sqlite3_errmsg(source.get()));
    SW_TRY(copy_pages(source.get(), target.get(), from, is_stopping));
    // One file, without a log beside it.
    const int alone =
        sqlite3_exec(target.get(), "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
    if (alone != SQLITE_OK) return failure(to, sqlite3_errmsg(target.get()));
    return {};
}

Result<Json> described(const std::string& name, const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    Sha256 digest;
    std::uint64_t bytes = 0;
    std::vector<char> piece(1u << 20);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
        digest.update({piece.data(), static_cast<std::size_t>(in.gcount())});
        bytes += static_cast<std::uint64_t>(in.gcount());
    }
    if (in.bad() || bytes == 0) return failure(path, "expected a file with something in it");
    return Json{{"name", name}, {"bytes", bytes}, {"sha256", digest.hex()}};
}

/// Form, integrity and what is in it, for the manifest. `what`: how the journal is called.
Result<Json> look_into(const fs::path& path,
                       const std::string& what = "the journal in the backup") {
    Database database = SW_TRY(Database::open(path, Database::Mode::read_only));
    const std::int64_t application = SW_TRY(database.scalar("PRAGMA application_id"));
    const std::int64_t schema = SW_TRY(database.scalar("PRAGMA user_version"));
    if (application != kApplicationId || schema < 1) {
        return fail(ErrorCode::corruption,
                    "expected " + what + " to be one of Stepwell, but it is another database");
    }
    SW_TRY(check_form(schema, "the backup"));
    Statement check = SW_TRY(database.prepare("PRAGMA integrity_check(1)"));
    if (!SW_TRY(check.step()) || check.bytes(0) != "ok") {
        return fail(ErrorCode::corruption,
                    "expected " + what + " to be sound, but " + check.bytes(0));
    }
    const std::int64_t runs = SW_TRY(database.scalar("SELECT count(*) FROM executions"));
    const std::int64_t open = SW_TRY(database.scalar("SELECT count(*) FROM open_executions"));
    return Json{{"schema", schema}, {"runs", runs}, {"open_runs", open}};
}

Result<Json> copy_all(const BackupRequest& request, const Workshop& workshop) {
    Json files = Json::array();
    for (const char* name : {kJournal, kOutbox, kSecretKey}) {
        const fs::path from = request.data / name;
        std::error_code error;
        const bool is_wanted = name != std::string(kSecretKey) || request.with_secret_key;
        if (!is_wanted || !fs::exists(from, error)) continue;
        if (name == std::string(kSecretKey)) {
            fs::copy_file(from, workshop / name, error);
            if (error) return failure(from, error.message());
        } else {
            SW_TRY(copy_database(from, workshop / name, request.is_stopping));
        }
        files.push_back(SW_TRY(described(name, workshop / name)));
    }
    return files;
}

Result<Json> read_manifest(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    auto manifest = parse_json(text);
    const Json* version = manifest ? stepwell::find(*manifest, "version") : nullptr;
    const Json* files = manifest ? stepwell::find(*manifest, "files") : nullptr;
    if (!files || !files->is_array() || string_or(*manifest, "format", "") != kFormat) {
        return fail(ErrorCode::corruption,
                    "expected a backup of Stepwell with its manifest, but there is none");
    }
    if (!version || *version != kFormatVersion) {
        return fail(ErrorCode::invalid,
                    "expected a backup of version 1; a newer Stepwell wrote it");
    }
    return manifest;
}

/// Unpacks what a backup may hold, and nothing else: names in the archive are not trusted.
Result<void> unpack(const fs::path& file, const Workshop& workshop) {
    return read_tar(file, [&](const std::string& name, std::uint64_t size) -> Result<fs::path> {
        if (name == kManifest && size <= kManifestBytesMax) return workshop / name;
        if (name == kJournal || name == kOutbox || name == kSecretKey) return workshop / name;
        return fail(ErrorCode::corruption, "'" + file.string() +
                                               "': expected a backup of Stepwell, but it has a "
                                               "file '" +
                                               name.substr(0, 100) + "'");
    });
}

Result<Json> unpack_and_check(const fs::path& file, const Workshop& workshop) {
    SW_TRY(unpack(file, workshop));
    Json manifest = SW_TRY(read_manifest(workshop / kManifest));
    bool has_journal = false;
    for (const Json& entry : manifest.at("files")) {
        const std::string name = string_or(entry, "name", "");
        has_journal = has_journal || name == kJournal;
        if (name != kJournal && name != kOutbox && name != kSecretKey) continue;
        const auto found = described(name, workshop / name);
        if (!found || *found != entry) {
            return fail(ErrorCode::corruption,
                        "expected '" + name +
                            "' to be as the backup's manifest says, but it is "
                            "not: the backup is damaged");
        }
    }
    if (!has_journal) return fail(ErrorCode::corruption, "the backup has no journal in it");
    SW_TRY(look_into(workshop / kJournal));
    return manifest;
}

Result<void> check_target(const fs::path& data) {
    std::error_code error;
    if (!fs::exists(data, error)) return {};
    if (fs::is_directory(data, error) && fs::is_empty(data, error)) return {};
    return fail(ErrorCode::conflict,
                "'" + data.string() +
                    "': expected a data folder that is empty or not there yet, but there is "
                    "something in it; a backup is restored into a new folder");
}

}  // namespace

Result<Json> back_up(const BackupRequest& request) {
    std::error_code error;
    if (!fs::exists(request.data / kJournal, error)) {
        return fail(ErrorCode::not_found, "'" + request.data.string() +
                                              "': expected a data folder of Stepwell, but it has "
                                              "no 'stepwell.db'");
    }
    if (fs::exists(request.file, error)) {
        return fail(ErrorCode::conflict, "'" + request.file.string() +
                                             "': expected no file of that name, but there is one");
    }
    const auto workshop = SW_TRY(Workshop::open(request.file));
    Json files = SW_TRY(copy_all(request, *workshop));
    Json facts = SW_TRY(look_into(*workshop / kJournal));
    Json manifest{
        {"format", kFormat}, {"version", kFormatVersion}, {"created_at", to_iso8601(request.now)}};
    manifest.update(facts);
    manifest["files"] = std::move(files);

    TarWriter tar = SW_TRY(TarWriter::create(*workshop / kArchive));
    SW_TRY(tar.add(kManifest, manifest.dump(2) + "\n"));
    for (const Json& entry : manifest["files"]) {
        const std::string name = string_or(entry, "name", "");
        SW_TRY(tar.add_file(name, *workshop / name));
    }
    SW_TRY(tar.finish());
    fs::rename(*workshop / kArchive, request.file, error);
    if (error) return failure(request.file, error.message());
    SW_TRY(flush_to_disk(fs::absolute(request.file).parent_path()));
    return manifest;
}

std::size_t remove_drafts(const fs::path& folder) {
    std::vector<fs::path> drafts;
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        std::error_code ignored;
        const bool is_folder = entries->symlink_status(ignored).type() == fs::file_type::directory;
        if (is_folder && is_draft(entries->path())) drafts.push_back(entries->path());
    }
    std::size_t removed = 0;
    for (const fs::path& draft : drafts) {
        const Descriptor lock(::open(draft.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
        fs::remove_all(draft, error);
        if (!error) ++removed;
    }
    return removed;
}

Result<Json> check_journal(const fs::path& data) {
    std::error_code ignored;
    if (!fs::exists(data / kJournal, ignored)) {
        return fail(
            ErrorCode::not_found,
            "expected a data folder with a journal in it, but there is none in " + data.string());
    }
    return look_into(data / kJournal, "the journal " + (data / kJournal).string());
}

Result<Json> verify_backup(const fs::path& file) {
    std::error_code error;
    const fs::path temporary = fs::temp_directory_path(error);
    if (error) {
        const char* named = std::getenv("TMPDIR");
        return fail(ErrorCode::io, "expected a folder to unpack the backup in, but '" +
                                       std::string(named ? named : "/tmp") + "' is none (" +
                                       error.message() +
                                       "); set TMPDIR to a folder with room for the database");
    }
    const auto workshop = SW_TRY(Workshop::open(temporary / "stepwell-verify"));
    return unpack_and_check(file, *workshop);
}

Result<Json> restore_backup(const fs::path& file, const fs::path& data) {
    SW_TRY(check_target(data));
    fs::path target = fs::absolute(data).lexically_normal();
    if (!target.has_filename()) target = target.parent_path();
    const auto workshop = SW_TRY(Workshop::open(target));
    Json manifest = SW_TRY(unpack_and_check(file, *workshop));
    std::error_code error;
    fs::create_directories(target, error);
    if (error) return failure(target, error.message());
    // The journal comes last: a folder without it is no data folder.
    for (const char* name : {kSecretKey, kOutbox, kJournal}) {
        if (!fs::exists(*workshop / name, error)) continue;
        SW_TRY(flush_to_disk(*workshop / name));
        fs::rename(*workshop / name, target / name, error);
        if (error) return failure(target / name, error.message());
        if (name != std::string(kSecretKey)) continue;
        fs::permissions(target / name, fs::perms::owner_read | fs::perms::owner_write, error);
    }
    SW_TRY(flush_to_disk(target));
    return manifest;
}

}  // namespace stepwell::journal
