// The one way in which data tasks speak SQL: a Database that is open once in this process, and
// Connections to it. DuckDB and SQLite implement it; tasks ask dialect() where the two differ.
//
// Threads: a Database is safe to share. A Connection belongs to one thread, except interrupt().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "tasks/sql/batch.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data {

enum class Dialect { duckdb, sqlite };

struct Column {
    std::string name;
    std::string type;  // the engine's name, lower case where DuckDB's: "bigint", "decimal(18,2)"
    bool operator==(const Column&) const = default;
};

using Row = std::vector<Json>;

/// A whole result. Values: NULL null; whole numbers and doubles as numbers; DECIMAL as a number
/// where that is exact, else as text; dates and times as ISO text; BLOB as hexadecimal text;
/// LIST as array, STRUCT and MAP as object.
struct Rows {
    std::vector<Column> columns;
    std::vector<Row> rows;

    /// One object per row, for results and reports.
    [[nodiscard]] Json objects() const;
};

class Database;

class Connection {
public:
    virtual ~Connection() = default;

    [[nodiscard]] virtual Database& database() = 0;
    [[nodiscard]] Dialect dialect();

    /// Runs one statement, or a script of several where `parameters` is empty. Returns how many
    /// rows the (last) statement changed. `parameters`: an object; `$name` in the text is bound
    /// to the member `name`.
    virtual DataResult<std::int64_t> execute(std::string_view sql,
                                             const Json& parameters = Json::object()) = 0;

    /// Runs exactly one statement (a text with more is refused, so a query from outside cannot
    /// smuggle in a second one) and hands over its rows, one by one, as they are made.
    virtual DataResult<std::vector<Column>> scan(
        std::string_view sql, const Json& parameters,
        const std::function<DataResult<void>(Row&)>& consume) = 0;

    /// Runs exactly one query and hands over its rows in batches, as they are made; a batch is
    /// valid while `consume` runs.
    virtual DataResult<std::vector<Column>> scan_batches(
        std::string_view sql, const Json& parameters,
        const std::function<DataResult<void>(const Batch&)>& consume) = 0;

    /// A writer that appends to `columns` of `table`, which is as SQL says it; none = to all, in
    /// their order.
    virtual DataResult<std::unique_ptr<BatchWriter>> append_to(
        const std::string& table, const std::vector<std::string>& columns) = 0;

    /// The columns that the query would have; runs nothing.
    virtual DataResult<std::vector<Column>> describe(std::string_view sql,
                                                     const Json& parameters = Json::object()) = 0;

    /// Ends the statement that runs, if any, and refuses all later ones with E_CANCELLED. From
    /// any thread.
    virtual void interrupt() = 0;

    DataResult<Rows> query(std::string_view sql, const Json& parameters = Json::object());
    /// The first column of the first row; null where there is no row.
    DataResult<Json> query_value(std::string_view sql, const Json& parameters = Json::object());
    DataResult<std::int64_t> query_integer(std::string_view sql,
                                           const Json& parameters = Json::object());
    /// The columns of a table or view, or E_NOT_FOUND.
    DataResult<std::vector<Column>> table_columns(const struct TableName& table);
    DataResult<bool> has_table(const struct TableName& table);
};

class Database : public std::enable_shared_from_this<Database> {
public:
    virtual ~Database() = default;
    [[nodiscard]] virtual Dialect dialect() const = 0;
    /// "duckdb" and "v1.5.5".
    [[nodiscard]] virtual std::string engine_name() const = 0;
    [[nodiscard]] virtual std::string engine_version() const = 0;
    /// The connection keeps the database open for as long as it lives.
    virtual DataResult<std::unique_ptr<Connection>> connect() = 0;
    /// `guard` is let go of after the database has closed, as the last thing.
    void on_closed(std::shared_ptr<void> guard) { guard_ = std::move(guard); }

private:
    std::shared_ptr<void> guard_;  // in the base: destroyed after all of the engine's own
};

/// Rolls back at the end of the scope unless committed.
class Transaction {
public:
    /// On SQLite the write lock is taken at once (BEGIN IMMEDIATE).
    static DataResult<Transaction> begin(Connection& connection);
    DataResult<void> commit();
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}
    Connection* connection_;
};

/// schema.table; on SQLite the schema becomes part of the name ("staging.orders" is one table).
struct TableName {
    std::string schema;  // may be empty
    std::string table;
    /// As users write it.
    [[nodiscard]] std::string display() const;
    bool operator==(const TableName&) const = default;
};

/// Whether `expression`, which somebody wrote, is one expression over `relation`: then it cannot
/// end the statement into which it is put, between brackets and with a line's end behind it.
DataResult<void> check_expression(Connection& connection, const std::string& expression,
                                  const std::string& relation, const Json& parameters);

/// "a" -> "\"a\"", with quotes doubled.
std::string quote_identifier(std::string_view name);
/// 'text' with quotes doubled. For file names and the like, where nothing can be bound.
std::string quote_literal(std::string_view text);
/// Null, numbers, booleans and texts as SQL literals; arrays as lists (DuckDB).
std::string sql_literal(const Json& value);
/// The quoted name as `dialect` wants it.
std::string quote_table(const TableName& table, Dialect dialect);
/// "a", "b", "c", each with `prefix` before it.
std::string quoted_list(const std::vector<std::string>& names, std::string_view prefix = "");
/// Of `rank`, a row_number() over a window: whether the row is the first one. Not as "= 1": DuckDB
/// turns that into an aggregate of whole rows, which is slower where most rows are the only ones of
/// their key, takes half as much memory again, and cannot spill to the disk.
std::string is_first_by(const std::string& rank);

}  // namespace stepwell::tasks::data
