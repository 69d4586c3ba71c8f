#include "engine/journal/sqlite.hpp"

#include <sqlite3.h>

namespace stepwell::journal {
namespace {

ErrorCode code_of(int status) {
    switch (status & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::corruption;
        case SQLITE_CONSTRAINT:
            return ErrorCode::conflict;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::unavailable;
        default:
            return ErrorCode::io;
    }
}

std::string place_of(sqlite3* database) {
    const char* name = database ? sqlite3_db_filename(database, "main") : nullptr;
    return name && *name ? "'" + std::string(name) + "'" : "the database";
}

Failure<Error> failure(sqlite3* database, int status) {
    const std::string place = place_of(database);
    switch (status & 0xff) {
        case SQLITE_FULL:
            return fail(ErrorCode::unavailable,
                        place + ": expected room for the journal, but the disk is full");
        case SQLITE_READONLY:
            return fail(ErrorCode::io, place + ": expected to write here, but it is read-only");
        case SQLITE_NOTADB:
            return fail(ErrorCode::corruption,
                        place + ": expected a journal, but the file is no SQLite database");
        default:
            break;
    }
    std::string text =
        place + ": " + (database ? sqlite3_errmsg(database) : sqlite3_errstr(status));
    return fail(code_of(status), text + " (SQLite " + std::to_string(status) + ")");
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

void Statement::bind(int index, std::int64_t value) {
    SW_ASSERT(sqlite3_bind_int64(handle_.get(), index, value) == SQLITE_OK);
}

void Statement::bind(int index, std::string_view text) {
    // A null pointer would bind NULL, and a default string_view has one.
    const char* data = text.empty() ? "" : text.data();
    SW_ASSERT(sqlite3_bind_text64(handle_.get(), index, data, text.size(), SQLITE_STATIC,
                                  SQLITE_UTF8) == SQLITE_OK);
}

void Statement::bind_blob(int index, std::string_view bytes) {
    const char* data = bytes.empty() ? "" : bytes.data();
    SW_ASSERT(sqlite3_bind_blob64(handle_.get(), index, data, bytes.size(), SQLITE_STATIC) ==
              SQLITE_OK);
}

void Statement::bind_null(int index) {
    SW_ASSERT(sqlite3_bind_null(handle_.get(), index) == SQLITE_OK);
}

Result<bool> Statement::step() {
    const int status = sqlite3_step(handle_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return failure(sqlite3_db_handle(handle_.get()), status);
}

Result<void> Statement::run() {
    const int status = sqlite3_step(handle_.get());
    if (status != SQLITE_DONE) {
        auto failed = failure(sqlite3_db_handle(handle_.get()), status);
        reset();
        return failed;
    }
    reset();
    return {};
}

void Statement::reset() {
    sqlite3_reset(handle_.get());
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::string Statement::bytes(int column) const {
    const void* data = sqlite3_column_blob(handle_.get(), column);
    const int size = sqlite3_column_bytes(handle_.get(), column);
    if (!data || size <= 0) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void Database::Closer::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::filesystem::path& path, Mode mode) {
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (mode == Mode::read_only ? SQLITE_OPEN_READONLY
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    sqlite3* handle = nullptr;
    const int status = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    Database database;
    database.handle_.reset(handle);
    if (status != SQLITE_OK) {
        return fail(code_of(status), "'" + path.string() + "': " + sqlite3_errstr(status));
    }
    sqlite3_busy_timeout(handle, 5'000);
    return database;
}

void Database::set_patience(Duration patience) {
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(patience.count()));
}

bool Database::is_in_transaction() const {
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

Result<void> Database::execute(const std::string& sql) {
    const int status = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) return failure(handle_.get(), status);
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    const int status = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    if (status != SQLITE_OK) return failure(handle_.get(), status);
    Statement statement;
    statement.handle_.reset(handle);
    return statement;
}

Result<Statement*> Database::cached(const char* sql) {
    for (const auto& [text, statement] : cache_) {
        if (text == sql) return statement.get();
    }
    auto statement = std::make_unique<Statement>(SW_TRY(prepare(sql)));
    cache_.emplace_back(sql, std::move(statement));
    return cache_.back().second.get();
}

void Database::make_no_checkpoints() {
    log_pages_ = std::make_unique<int>(0);
    const auto remember = [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(handle_.get(), remember, log_pages_.get());
}

Result<Database::Checkpoint> Database::checkpoint() {
    Checkpoint done;
    const int status = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                                 &done.log_pages, &done.copied_pages);
    if (status != SQLITE_OK) return failure(handle_.get(), status);
    return done;
}

Result<std::int64_t> Database::scalar(std::string_view sql) {
    Statement statement = SW_TRY(prepare(sql));
    if (!SW_TRY(statement.step())) return std::int64_t{0};
    return statement.integer(0);
}

}  // namespace stepwell::journal
