#include "tasks/sql/sqlite/sqlite_engine.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>

#include "engine/expression/pattern.hpp"
#include "tasks/sql/sqlite/sqlite_batches.hpp"

namespace stepwell::tasks::data {
namespace {

std::string code_of(int result, std::string_view message) {
    switch (result & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "E_LOCKED";
        case SQLITE_CONSTRAINT:
            if (result == SQLITE_CONSTRAINT_FOREIGNKEY) return "E_REFERENTIAL";
            return result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY
                       ? "E_DUPLICATE_KEY"
                       : "E_QUALITY";
        case SQLITE_FULL:
            return "E_DISK";
        case SQLITE_NOMEM:
            return "E_MEMORY";
        case SQLITE_INTERRUPT:
            return "E_CANCELLED";
        case SQLITE_AUTH:
        case SQLITE_PERM:
        case SQLITE_READONLY:
            return "E_DENIED";
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            return "E_FORMAT";
        case SQLITE_CANTOPEN:
        case SQLITE_IOERR:
            return "E_CONN";
        case SQLITE_MISMATCH:
            return "E_FORMAT";
        default:
            break;
    }
    return message.find("no such table") != message.npos ? "E_NOT_FOUND" : "E_CONFIG";
}

}  // namespace

DataError sqlite_error(sqlite3* handle, int result) {
    const std::string message = sqlite3_errmsg(handle);
    if (result == SQLITE_AUTH || message.starts_with("not authorized")) {
        return {"E_DENIED", "the SQL does what tasks may not do: " + message};
    }
    return {code_of(sqlite3_extended_errcode(handle), message), message};
}

namespace {

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

/// What SQL may do here: anything inside the file.
int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
    const auto is = [](const char* text, const char* name) {
        return text != nullptr && sqlite3_stricmp(text, name) == 0;
    };
    if (action == SQLITE_ATTACH || action == SQLITE_DETACH) return SQLITE_DENY;
    if (action == SQLITE_FUNCTION && is(second, "load_extension")) return SQLITE_DENY;
    if (action == SQLITE_PRAGMA && second != nullptr) {
        for (const char* harmless :
             {"table_info", "table_xinfo", "index_list", "index_info", "foreign_key_list"}) {
            if (is(first, harmless)) return SQLITE_OK;
        }
        return SQLITE_DENY;
    }
    return SQLITE_OK;
}

using expression::Pattern;

/// Patterns fit a whole text.
std::string anywhere(const std::string& pattern) {
    const std::string anything = "(?:[^x]|x)*";
    return anything + "(?:" + pattern + ")" + anything;
}

/// X REGEXP Y calls regexp(Y, X): whether Y fits anywhere in X, in time linear in X, as neither may
/// keep the host busy or end it. The compiled pattern is kept with the statement.
void regexp(sqlite3_context* context, int, sqlite3_value** values) {
    const auto* pattern = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[1]));
    if (pattern == nullptr || text == nullptr) return sqlite3_result_null(context);
    const auto* compiled = static_cast<const Pattern*>(sqlite3_get_auxdata(context, 0));
    std::unique_ptr<const Pattern> fresh;
    if (compiled == nullptr) {
        auto parsed = Pattern::parse(anywhere(pattern), false);
        if (!parsed) {
            const std::string why =
                "the regular expression cannot be read: " + parsed.error().message;
            return sqlite3_result_error(context, why.c_str(), -1);
        }
        compiled = (fresh = std::make_unique<const Pattern>(*std::move(parsed))).get();
    }
    sqlite3_result_int(context, compiled->matches(text) ? 1 : 0);
    if (fresh) {
        sqlite3_set_auxdata(context, 0, const_cast<Pattern*>(fresh.release()),
                            [](void* old) { delete static_cast<const Pattern*>(old); });
    }
}

/// stepwell_rows_hash(a, b, ...): a sum over the rows, whatever their order, that is another one
/// when a value is.
struct RowsHash {
    std::uint64_t sum = 0;
};

std::uint64_t hash_of(std::uint64_t hash, const void* bytes, std::size_t size) {
    constexpr std::uint64_t kPrime = 1'099'511'628'211ULL;  // FNV-1a, 64 bits
    const auto* data = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < size; ++i) hash = (hash ^ data[i]) * kPrime;
    return hash;
}

void rows_hash_step(sqlite3_context* context, int count, sqlite3_value** values) {
    auto* state = static_cast<RowsHash*>(sqlite3_aggregate_context(context, sizeof(RowsHash)));
    if (state == nullptr) return sqlite3_result_error_nomem(context);
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;
    for (int i = 0; i < count; ++i) {
        const auto type = static_cast<unsigned char>(sqlite3_value_type(values[i]));
        hash = hash_of(hash, &type, 1);
        const void* text = sqlite3_value_blob(values[i]);
        const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[i]));
        hash = hash_of(hash, &size, sizeof size);
        if (text != nullptr) hash = hash_of(hash, text, size);
    }
    state->sum += hash;
}

void rows_hash_final(sqlite3_context* context) {
    const auto* state = static_cast<RowsHash*>(sqlite3_aggregate_context(context, 0));
    sqlite3_result_int64(context, state == nullptr ? 0 : static_cast<sqlite3_int64>(state->sum));
}

class SqliteDatabase final : public Database {
public:
    explicit SqliteDatabase(SqliteOptions options) : options_(std::move(options)) {}
    [[nodiscard]] Dialect dialect() const override { return Dialect::sqlite; }
    [[nodiscard]] std::string engine_name() const override { return "sqlite"; }
    [[nodiscard]] std::string engine_version() const override { return sqlite3_libversion(); }
    DataResult<std::unique_ptr<Connection>> connect() override;

private:
    SqliteOptions options_;
};

class SqliteConnection final : public Connection {
public:
    SqliteConnection(std::shared_ptr<Database> database, sqlite3* handle)
        : database_(std::move(database)), handle_(handle) {}
    ~SqliteConnection() override { sqlite3_close_v2(handle_); }

    [[nodiscard]] Database& database() override { return *database_; }
    DataResult<std::int64_t> execute(std::string_view sql, const Json& parameters) override;
    DataResult<std::vector<Column>> scan(
        std::string_view sql, const Json& parameters,
        const std::function<DataResult<void>(Row&)>& consume) override;
    DataResult<std::vector<Column>> scan_batches(
        std::string_view sql, const Json& parameters,
        const std::function<DataResult<void>(const Batch&)>& consume) override;
    DataResult<std::unique_ptr<BatchWriter>> append_to(
        const std::string& table, const std::vector<std::string>& columns) override;
    DataResult<std::vector<Column>> describe(std::string_view sql, const Json& parameters) override;
    void interrupt() override {
        is_cancelled_ = true;
        sqlite3_interrupt(handle_);
    }

private:
    DataResult<Statement> prepare(std::string_view sql, std::string_view& rest);
    DataResult<Statement> prepare_single(std::string_view sql, const Json& parameters);
    DataResult<void> bind(sqlite3_stmt* statement, const Json& parameters);
    int bind_one(sqlite3_stmt* statement, int index, const Json& value);
    DataResult<void> check(int result) {
        if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return {};
        return fail(sqlite_error(handle_, result));
    }

    std::shared_ptr<Database> database_;
    sqlite3* handle_;
    std::atomic<bool> is_cancelled_ = false;
};

DataResult<Statement> SqliteConnection::prepare(std::string_view sql, std::string_view& rest) {
    if (is_cancelled_) return data_fail("E_CANCELLED", "the task was cancelled");
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    SW_TRY(check(
        sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, &tail)));
    rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
    return Statement(statement);
}

DataResult<Statement> SqliteConnection::prepare_single(std::string_view sql,
                                                       const Json& parameters) {
    std::string_view rest;
    Statement statement = SW_TRY(prepare(sql, rest));
    if (!statement) return data_fail("E_CONFIG", "expected an SQL statement, but it is empty");
    const Statement second = SW_TRY(prepare(rest, rest));
    if (second) return data_fail("E_CONFIG", "expected one SQL statement, but got several");
    SW_TRY(bind(statement.get(), parameters));
    return statement;
}

DataResult<void> SqliteConnection::bind(sqlite3_stmt* statement, const Json& parameters) {
    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
        const char* given = sqlite3_bind_parameter_name(statement, i);
        const std::string name = given == nullptr ? std::to_string(i) : given + 1;
        const Json* value = find(parameters, name);
        if (value == nullptr) {
            return data_fail("E_CONFIG",
                             "the SQL uses $" + name + ", but no parameter of that name is given");
        }
        SW_TRY(check(bind_one(statement, i, *value)));
    }
    return {};
}

int SqliteConnection::bind_one(sqlite3_stmt* statement, int index, const Json& value) {
    if (value.is_null()) return sqlite3_bind_null(statement, index);
    if (value.is_boolean()) return sqlite3_bind_int(statement, index, value.get<bool>() ? 1 : 0);
    if (value.is_number_integer()) {
        return sqlite3_bind_int64(statement, index, value.get<std::int64_t>());
    }
    if (value.is_number()) return sqlite3_bind_double(statement, index, value.get<double>());
    const std::string text = value.is_string() ? value.get<std::string>() : to_text(value);
    return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT,
                               SQLITE_UTF8);
}

DataResult<std::int64_t> SqliteConnection::execute(std::string_view sql, const Json& parameters) {
    std::string_view rest = sql;
    const int before = sqlite3_total_changes(handle_);
    while (true) {
        const Statement statement = SW_TRY(prepare(rest, rest));
        if (!statement) break;
        SW_TRY(bind(statement.get(), parameters));
        int result = SQLITE_ROW;
        while (result == SQLITE_ROW) result = sqlite3_step(statement.get());
        SW_TRY(check(result));
    }
    return std::int64_t{sqlite3_total_changes(handle_)} - before;
}

Json value_at(sqlite3_stmt* statement, int index) {
    switch (sqlite3_column_type(statement, index)) {
        case SQLITE_NULL:
            return nullptr;
        case SQLITE_INTEGER:
            return std::int64_t{sqlite3_column_int64(statement, index)};
        case SQLITE_FLOAT: {
            const double value = sqlite3_column_double(statement, index);
            if (std::isfinite(value)) return value;
            return value > 0 ? "infinity" : "-infinity";
        }
        default:
            break;
    }
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, index));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
}

std::vector<Column> columns_of(sqlite3_stmt* statement) {
    std::vector<Column> columns;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const char* type = sqlite3_column_decltype(statement, i);
        std::string name = type == nullptr ? "" : type;
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        columns.push_back({sqlite3_column_name(statement, i), name});
    }
    return columns;
}

DataResult<std::vector<Column>> SqliteConnection::scan(
    std::string_view sql, const Json& parameters,
    const std::function<DataResult<void>(Row&)>& consume) {
    const Statement statement = SW_TRY(prepare_single(sql, parameters));
    std::vector<Column> columns = columns_of(statement.get());
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
        Row row(columns.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = value_at(statement.get(), static_cast<int>(i));
        }
        SW_TRY(consume(row));
    }
    SW_TRY(check(result));
    return columns;
}

DataResult<std::vector<Column>> SqliteConnection::scan_batches(
    std::string_view sql, const Json& parameters,
    const std::function<DataResult<void>(const Batch&)>& consume) {
    const Statement statement = SW_TRY(prepare_single(sql, parameters));
    std::vector<Column> columns = columns_of(statement.get());
    const int result = SW_TRY(read_sqlite_batches(statement.get(), columns.size(), consume));
    SW_TRY(check(result));
    return columns;
}

DataResult<std::unique_ptr<BatchWriter>> SqliteConnection::append_to(
    const std::string& table, const std::vector<std::string>& columns) {
    const std::string list = columns.empty() ? "*" : quoted_list(columns);
    auto declared = SW_TRY(describe("select " + list + " from " + table, Json::object()));
    std::string sql = "insert into " + table;
    if (!columns.empty()) sql += " (" + list + ")";
    sql += " values (";
    for (std::size_t i = 0; i < declared.size(); ++i) sql += i == 0 ? "?" : ", ?";
    std::string_view rest;
    Statement statement = SW_TRY(prepare(sql + ")", rest));
    return sqlite_writer(database_, handle_, statement.release(), std::move(declared));
}

DataResult<std::vector<Column>> SqliteConnection::describe(std::string_view sql,
                                                           const Json& parameters) {
    const Statement statement = SW_TRY(prepare_single(sql, parameters));
    return columns_of(statement.get());
}

DataResult<std::unique_ptr<Connection>> SqliteDatabase::connect() {
    sqlite3* handle = nullptr;
    const int flags =
        options_.is_read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const std::string path = options_.path.empty() ? ":memory:" : options_.path.string();
    const int opened = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    auto connection = std::make_unique<SqliteConnection>(shared_from_this(), handle);
    if (opened != SQLITE_OK) return fail(sqlite_error(handle, opened).within(path));
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, options_.busy_timeout_ms);
    // With the default a commit is only durable once the folder is synced, too, which nobody does
    // after the rollback journal was removed: what a run has written would come back undone.
    if (!options_.is_read_only)
        SW_TRY(connection->execute("pragma synchronous = extra", Json::object()));
    sqlite3_create_function_v2(handle, "regexp", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                               regexp, nullptr, nullptr, nullptr);
    sqlite3_create_function_v2(handle, "stepwell_rows_hash", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                               nullptr, nullptr, rows_hash_step, rows_hash_final, nullptr);
    sqlite3_set_authorizer(handle, authorize, nullptr);
    // Reads the file's head, so that a file that is no database is noticed here.
    auto readable = connection->query("select count(*) from sqlite_schema");
    if (!readable) return fail(std::move(readable).error().within(path));
    return std::unique_ptr<Connection>(std::move(connection));
}

}  // namespace

DataResult<std::shared_ptr<Database>> open_sqlite(const SqliteOptions& options) {
    auto database = std::make_shared<SqliteDatabase>(options);
    SW_TRY(database->connect());
    return std::shared_ptr<Database>(std::move(database));
}

}  // namespace stepwell::tasks::data
