#include "engine/journal/sqlite_file.hpp"

#include <string>

#include "engine/journal/schema.hpp"

namespace stepwell::journal {
namespace {

Result<void> make_schema(Database& database, std::uint64_t secret) {
    SW_TRY(database.execute(kBegin));
    SW_TRY(database.execute(kSchema));
    SW_TRY(database.execute(kSchemaOfDocuments));
    SW_TRY(database.execute("INSERT INTO meta VALUES('secret', " +
                            std::to_string(static_cast<std::int64_t>(secret)) + ")"));
    SW_TRY(database.execute("PRAGMA application_id = " + std::to_string(kApplicationId)));
    // Until the rest is there, too, which is the same for old journals.
    SW_TRY(database.execute("PRAGMA user_version = 2"));
    return database.execute(kCommit);
}

Result<void> add_second_form(Database& database) {
    SW_TRY(database.execute(kBegin));
    SW_TRY(database.execute(kAddColumns));
    SW_TRY(database.execute(kSchemaOfDocuments));
    SW_TRY(database.execute("PRAGMA user_version = 2"));
    return database.execute(kCommit);
}

/// Where it is missing: journals of the second form have some of it, depending on when they were
/// written. One that has all of it is not written to.
Result<void> add_third_form(Database& database) {
    SW_TRY(database.execute(kBegin));
    SW_TRY(database.execute(kAddIndexes));
    SW_TRY(database.execute(kAddPayloads));
    if (SW_TRY(database.scalar(kHasPrincipals)) == 0) SW_TRY(database.execute(kAddPrincipals));
    if (SW_TRY(database.scalar(kHasRunRows)) == 0) SW_TRY(database.execute(kAddRunRows));
    if (SW_TRY(database.scalar(kHasParents)) == 0) SW_TRY(database.execute(kAddParents));
    if (SW_TRY(database.scalar("PRAGMA user_version")) < kSchemaVersion) {
        SW_TRY(database.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion)));
    }
    return database.execute(kCommit);
}

/// Two processes may read and write one file only with a log that they share.
Result<void> use_log(Database& database, const std::filesystem::path& path) {
    Statement mode = SW_TRY(database.prepare("PRAGMA journal_mode = WAL"));
    const bool is_set = SW_TRY(mode.step()) && mode.bytes(0) == "wal";
    if (is_set) return {};
    return fail(ErrorCode::io,
                "'" + path.string() +
                    "': expected a file system on which SQLite can share memory, as its write-"
                    "ahead log needs it, but here it cannot; name a folder on a local disk");
}

}  // namespace

Result<void> check_form(std::int64_t form, const std::string& what) {
    if (form <= kSchemaVersion) return {};
    return fail(ErrorCode::invalid,
                what + ": expected a journal of form " + std::to_string(kSchemaVersion) +
                    " or older, but it is of form " + std::to_string(form) +
                    "; a newer Stepwell wrote it: run that one, or restore a backup that was made "
                    "before it was installed");
}

Result<std::int64_t> form_of(Database& database, const std::filesystem::path& path) {
    const std::int64_t form = SW_TRY(database.scalar("PRAGMA user_version"));
    const std::int64_t tables = SW_TRY(database.scalar("SELECT count(*) FROM sqlite_schema"));
    const std::int64_t application = SW_TRY(database.scalar("PRAGMA application_id"));
    const std::string place = "'" + path.string() + "'";
    if (tables > 0 && application != kApplicationId) {
        return fail(ErrorCode::corruption,
                    place + ": expected a journal of Stepwell, but it is another database");
    }
    SW_TRY(check_form(form, place));
    return form;
}

Result<void> prepare(Database& database, const std::filesystem::path& path, std::uint64_t secret) {
    const std::int64_t form = SW_TRY(form_of(database, path));
    // FULL: with NORMAL the last commits may be lost when the power goes. A checkpoint every 8 MB
    // keeps the file small.
    SW_TRY(use_log(database, path));
    SW_TRY(
        database.execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
                         "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
                         // Debian's SQLite would write zeros over every page that becomes free.
                         "PRAGMA secure_delete = FAST"));
    SW_TRY(database.scalar("PRAGMA wal_autocheckpoint = 2000"));
    SW_TRY(database.scalar("PRAGMA journal_size_limit = 67108864"));
    // What a killed process had written, but not synced yet, is read as committed from here on, and
    // people are told so: it has to survive a power cut, too. A checkpoint syncs the log first.
    SW_TRY(database.scalar("PRAGMA wal_checkpoint(PASSIVE)"));
    if (form == 0) SW_TRY(make_schema(database, secret));
    if (form == 1) SW_TRY(add_second_form(database));
    return add_third_form(database);
}

}  // namespace stepwell::journal
