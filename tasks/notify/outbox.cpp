#include "tasks/notify/outbox.hpp"

#include <sqlite3.h>

#include <chrono>

#include "tasks/aws_shapes.hpp"
#include "tasks/files/durable_files.hpp"

namespace stepwell::tasks {

namespace {

constexpr std::chrono::milliseconds kBusyPatience{10'000};

constexpr const char* kSchema =
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE IF NOT EXISTS messages("
    "  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run_key TEXT NOT NULL,"
    "  channel TEXT NOT NULL, body TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    "  due_ms INTEGER,"  // null: delivered or given up
    "  attempts INTEGER NOT NULL DEFAULT 0, delivered_ms INTEGER, last_error TEXT NOT NULL "
    "DEFAULT '', UNIQUE(run_key, channel)) STRICT;"
    "CREATE INDEX IF NOT EXISTS messages_due ON messages(due_ms) WHERE due_ms IS NOT NULL;";

/// What came after the first release. Messages of then have no line.
constexpr const char* kLineColumn = "ALTER TABLE messages ADD COLUMN line TEXT NOT NULL DEFAULT ''";
constexpr const char* kLineIndex =
    "CREATE INDEX IF NOT EXISTS messages_line ON messages(channel, line, row) "
    "WHERE due_ms IS NOT NULL";

/// Of the messages `m` of a channel those whose turn it is.
const std::string kWhoseTurn =
    "m.channel = ? AND m.due_ms IS NOT NULL AND NOT EXISTS ("
    "  SELECT 1 FROM messages e WHERE e.channel = m.channel AND e.line = m.line"
    "  AND e.line <> '' AND e.row < m.row AND e.due_ms IS NOT NULL)";

}  // namespace

class Outbox::Impl {
public:
    explicit Impl(sqlite3* database) : database_(database) {}
    ~Impl() { sqlite3_close(database_); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    [[nodiscard]] Failure<Error> failure() const {
        return fail(ErrorCode::io, std::string("outbox.db: ") + sqlite3_errmsg(database_));
    }
    [[nodiscard]] Result<void> execute(const char* sql) const {
        if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
        return {};
    }
    [[nodiscard]] sqlite3* database() const { return database_; }

private:
    sqlite3* database_;
};

namespace {

/// One statement, bound from the left to the right. What fails shows in step().
class Statement {
public:
    Statement(sqlite3* database, const char* sql) {
        sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(const std::string& text) {
        sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                          SQLITE_TRANSIENT);
        return *this;
    }
    Statement& bind(std::int64_t number) {
        sqlite3_bind_int64(statement_, ++bound_, number);
        return *this;
    }
    Statement& bind(std::optional<std::int64_t> number) {
        if (number) return bind(*number);
        sqlite3_bind_null(statement_, ++bound_);
        return *this;
    }
    /// SQLITE_ROW, SQLITE_DONE, or what went wrong.
    int step() { return statement_ ? sqlite3_step(statement_) : SQLITE_ERROR; }
    [[nodiscard]] std::string text(int column) const {
        const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        return bytes
                   ? std::string(bytes,
                                 static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
                   : std::string();
    }
    [[nodiscard]] std::int64_t number(int column) const {
        return sqlite3_column_int64(statement_, column);
    }
    [[nodiscard]] bool is_null(int column) const {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }

private:
    sqlite3_stmt* statement_ = nullptr;
    int bound_ = 0;
};

}  // namespace

/// Whether the file is as this release makes it.
bool Outbox::is_made(const Impl& impl) {
    constexpr const char* kLook =
        "SELECT 1 FROM pragma_journal_mode, sqlite_schema s"
        " WHERE journal_mode = 'wal' AND s.type = 'index' AND s.name = 'messages_line'";
    return Statement(impl.database(), kLook).step() == SQLITE_ROW;
}

/// Makes the file, or what is missing of one that an older release made. REQUIRES: nobody else
/// looks into it.
Result<void> Outbox::make(const Impl& impl) {
    if (is_made(impl)) return {};
    SW_TRY(impl.execute(kSchema));
    constexpr const char* kLook = "SELECT 1 FROM pragma_table_info('messages') WHERE name = 'line'";
    if (Statement(impl.database(), kLook).step() != SQLITE_ROW) SW_TRY(impl.execute(kLineColumn));
    return impl.execute(kLineIndex);
}

/// SQLite changes the journal's mode only where nobody reads, does not wait for that, and says that
/// the database is locked. So who looks whether the file is made holds those off who make it.
Result<void> Outbox::prepare(const Impl& impl, const std::filesystem::path& data_folder) {
    const auto lock = [&](files::LockKind kind) {
        return files::lock_file(data_folder / "outbox.lock", kind, kBusyPatience,
                                [] { return false; });
    };
    {
        const auto shared = lock(files::LockKind::shared);
        if (!shared) return fail(ErrorCode::io, "outbox.db: " + shared.error().message);
        if (is_made(impl)) return {};
    }
    const auto exclusive = lock(files::LockKind::exclusive);
    if (!exclusive) return fail(ErrorCode::io, "outbox.db: " + exclusive.error().message);
    return make(impl);
}

Outbox::Outbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Outbox::~Outbox() = default;

Result<std::unique_ptr<Outbox>> Outbox::open(const std::filesystem::path& data_folder) {
    const std::string path = (data_folder / "outbox.db").string();
    sqlite3* database = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    auto impl = std::make_unique<Impl>(database);
    if (code != SQLITE_OK) {
        return fail(ErrorCode::io, "expected to open '" + path + "', but: " +
                                       (database ? sqlite3_errmsg(database) : "no memory"));
    }
    sqlite3_busy_timeout(database, static_cast<int>(kBusyPatience.count()));
    SW_TRY(prepare(*impl, data_folder));
    SW_TRY(impl->execute("PRAGMA synchronous = FULL"));
    return std::unique_ptr<Outbox>(new Outbox(std::move(impl)));
}

Result<std::string> Outbox::add(const std::string& run_key, const Message& message,
                                const std::string& line) {
    const std::string id = new_request_id();
    const std::string key = run_key.empty() ? id : run_key;
    Statement insert(impl_->database(),
                     "INSERT INTO messages(id, run_key, channel, body, created_ms, due_ms, line) "
                     "VALUES(?1, ?2, ?3, ?4, ?5, ?5, ?6) ON CONFLICT(run_key, channel) DO UPDATE "
                     "SET created_ms = ?5, due_ms = ?5, attempts = 0, last_error = '' "
                     "WHERE due_ms IS NULL AND delivered_ms IS NULL");
    insert.bind(id).bind(key).bind(message.channel).bind(to_text(to_json(message)));
    insert.bind(message.created_ms).bind(line);
    if (insert.step() != SQLITE_DONE) return impl_->failure();
    Statement select(impl_->database(),
                     "SELECT id FROM messages WHERE run_key = ? AND channel = ?");
    select.bind(key).bind(message.channel);
    if (select.step() != SQLITE_ROW) return impl_->failure();
    return select.text(0);
}

Result<Delivery> Outbox::status(const std::string& id) {
    Statement select(impl_->database(),
                     "SELECT attempts, delivered_ms IS NOT NULL, due_ms IS NULL, last_error "
                     "FROM messages WHERE id = ?");
    select.bind(id);
    if (select.step() != SQLITE_ROW) return impl_->failure();
    Delivery delivery;
    delivery.id = id;
    delivery.attempts = select.number(0);
    delivery.is_delivered = select.number(1) != 0;
    delivery.is_given_up = !delivery.is_delivered && select.number(2) != 0;
    delivery.last_error = select.text(3);
    return delivery;
}

Result<std::optional<Outbox::Claimed>> Outbox::claim(const std::string& channel,
                                                     std::int64_t now_ms, std::int64_t lease_ms) {
    static const std::string kClaim =
        "UPDATE messages SET due_ms = ?, attempts = attempts + 1 WHERE row = ("
        "  SELECT m.row FROM messages m WHERE " +
        kWhoseTurn +
        "  AND m.due_ms <= ? ORDER BY m.due_ms, m.row LIMIT 1) "
        "RETURNING row, id, channel, body, created_ms, attempts";
    Statement update(impl_->database(), kClaim.c_str());
    update.bind(now_ms + lease_ms).bind(channel).bind(now_ms);
    const int code = update.step();
    if (code == SQLITE_DONE) return std::optional<Claimed>();
    if (code != SQLITE_ROW) return impl_->failure();
    Claimed claimed;
    claimed.row = update.number(0);
    claimed.message = message_from_json(Json::parse(update.text(3), nullptr, false));
    claimed.message.id = update.text(1);
    claimed.message.channel = update.text(2);
    claimed.message.created_ms = update.number(4);
    claimed.attempts = update.number(5);
    if (update.step() != SQLITE_DONE) return impl_->failure();
    return std::optional<Claimed>(std::move(claimed));
}

Result<void> Outbox::delivered(std::int64_t row, std::int64_t now_ms) {
    Statement update(impl_->database(),
                     "UPDATE messages SET due_ms = NULL, delivered_ms = ?, last_error = '' "
                     "WHERE row = ?");
    update.bind(now_ms).bind(row);
    if (update.step() != SQLITE_DONE) return impl_->failure();
    return {};
}

Result<void> Outbox::failed(std::int64_t row, std::optional<std::int64_t> due_ms,
                            const std::string& error) {
    // Given up meanwhile: it stays so.
    Statement update(impl_->database(),
                     "UPDATE messages SET due_ms = ?, last_error = ? "
                     "WHERE row = ? AND due_ms IS NOT NULL");
    update.bind(due_ms).bind(error).bind(row);
    if (update.step() != SQLITE_DONE) return impl_->failure();
    return {};
}

Result<void> Outbox::give_up(const std::string& id) {
    Statement update(impl_->database(), "UPDATE messages SET due_ms = NULL WHERE id = ?");
    update.bind(id);
    if (update.step() != SQLITE_DONE) return impl_->failure();
    return {};
}

Result<std::vector<Outbox::Listed>> Outbox::list(std::optional<std::int64_t> before,
                                                 std::size_t limit) {
    Statement select(impl_->database(),
                     "SELECT row, id, channel, body, created_ms, attempts, due_ms, delivered_ms, "
                     "last_error FROM messages WHERE row < ? ORDER BY row DESC LIMIT ?");
    select.bind(before.value_or(INT64_MAX)).bind(static_cast<std::int64_t>(limit));
    std::vector<Listed> all;
    int code = SQLITE_ROW;
    while ((code = select.step()) == SQLITE_ROW) {
        Listed one;
        one.row = select.number(0);
        one.message = message_from_json(Json::parse(select.text(3), nullptr, false));
        one.message.id = select.text(1);
        one.message.channel = select.text(2);
        one.message.created_ms = select.number(4);
        one.attempts = select.number(5);
        if (!select.is_null(6)) one.due_ms = select.number(6);
        if (!select.is_null(7)) one.delivered_ms = select.number(7);
        one.last_error = select.text(8);
        all.push_back(std::move(one));
    }
    if (code != SQLITE_DONE) return impl_->failure();
    return all;
}

Result<void> Outbox::replay(const std::string& id, std::int64_t now_ms) {
    Statement update(impl_->database(),
                     "UPDATE messages SET due_ms = ? WHERE id = ? AND due_ms IS NULL "
                     "RETURNING row");
    update.bind(now_ms).bind(id);
    const int code = update.step();
    if (code == SQLITE_ROW) return {};
    if (code != SQLITE_DONE) return impl_->failure();
    Statement select(impl_->database(), "SELECT row FROM messages WHERE id = ?");
    select.bind(id);
    if (select.step() == SQLITE_ROW) {
        return fail(ErrorCode::conflict,
                    "expected a delivery that is over, but it waits to be tried yet");
    }
    return fail(ErrorCode::not_found,
                "expected a delivery '" + id.substr(0, 64) + "', but there is none");
}

Result<std::optional<std::int64_t>> Outbox::next_due_ms(const std::string& channel) {
    static const std::string kNext = "SELECT min(m.due_ms) FROM messages m WHERE " + kWhoseTurn;
    Statement select(impl_->database(), kNext.c_str());
    select.bind(channel);
    if (select.step() != SQLITE_ROW) return impl_->failure();
    if (select.is_null(0)) return std::optional<std::int64_t>();
    return std::optional<std::int64_t>(select.number(0));
}

Result<std::vector<std::string>> Outbox::waiting_channels() {
    Statement select(impl_->database(),
                     "SELECT DISTINCT channel FROM messages WHERE due_ms IS NOT NULL");
    std::vector<std::string> channels;
    int code = SQLITE_DONE;
    while ((code = select.step()) == SQLITE_ROW) channels.push_back(select.text(0));
    if (code != SQLITE_DONE) return impl_->failure();
    return channels;
}

Result<Outbox::Waiting> Outbox::waiting() {
    Statement select(impl_->database(),
                     "SELECT count(*), count(*) FILTER (WHERE m.last_error = '' AND NOT EXISTS ("
                     "  SELECT 1 FROM messages e WHERE e.channel = m.channel AND e.line = m.line"
                     "  AND e.line <> '' AND e.row < m.row AND e.due_ms IS NOT NULL"
                     "  AND e.last_error <> '')) "
                     "FROM messages m WHERE m.due_ms IS NOT NULL");
    if (select.step() != SQLITE_ROW) return impl_->failure();
    return Waiting{select.number(0), select.number(1)};
}

Result<void> Outbox::forget_before(std::int64_t ms) {
    Statement remove(impl_->database(),
                     "DELETE FROM messages WHERE due_ms IS NULL AND created_ms < ?");
    remove.bind(ms);
    if (remove.step() != SQLITE_DONE) return impl_->failure();
    return {};
}

}  // namespace stepwell::tasks
