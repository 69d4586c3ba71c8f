#include "tasks/sql/sql_engine.hpp"

#include <algorithm>

namespace stepwell::tasks::data {

Json Rows::objects() const {
    Json all = Json::array();
    for (const auto& row : rows) {
        Json object = Json::object();
        for (std::size_t i = 0; i < columns.size(); ++i) object[columns[i].name] = row[i];
        all.push_back(std::move(object));
    }
    return all;
}

Dialect Connection::dialect() {
    return database().dialect();
}

DataResult<Rows> Connection::query(std::string_view sql, const Json& parameters) {
    Rows result;
    result.columns = SW_TRY(scan(sql, parameters, [&](Row& row) -> DataResult<void> {
        result.rows.push_back(std::move(row));
        return {};
    }));
    return result;
}

DataResult<Json> Connection::query_value(std::string_view sql, const Json& parameters) {
    Rows result = SW_TRY(query(sql, parameters));
    if (result.rows.empty() || result.columns.empty()) return Json(nullptr);
    return std::move(result.rows[0][0]);
}

DataResult<std::int64_t> Connection::query_integer(std::string_view sql, const Json& parameters) {
    const Json value = SW_TRY(query_value(sql, parameters));
    if (value.is_null()) return std::int64_t{0};
    if (value.is_number()) return value.get<std::int64_t>();
    return data_fail("E_CONFIG",
                     "expected a whole number from the query, but got " + to_text(value));
}

DataResult<std::vector<Column>> Connection::table_columns(const TableName& table) {
    const bool exists = SW_TRY(has_table(table));
    if (!exists) {
        return data_fail("E_NOT_FOUND", "expected table '" + table.display() +
                                            "' in the database, but there is none");
    }
    return describe("select * from " + quote_table(table, dialect()));
}

DataResult<bool> Connection::has_table(const TableName& table) {
    Json parameters = {{"schema", table.schema}, {"table", table.table}};
    if (dialect() == Dialect::sqlite) {
        parameters = {{"table", table.display()}};
        return SW_TRY(query_integer("select count(*) from sqlite_schema where type in ('table', "
                                    "'view') and lower(name) = lower($table)",
                                    parameters)) > 0;
    }
    const std::string where =
        "table_catalog = current_database() and lower(table_name) = lower($table) and "
        "lower(table_schema) = lower(case when $schema = '' then current_schema() else $schema "
        "end)";
    return SW_TRY(query_integer("select count(*) from information_schema.tables where " + where,
                                parameters)) > 0;
}

DataResult<Transaction> Transaction::begin(Connection& connection) {
    const bool is_sqlite = connection.dialect() == Dialect::sqlite;
    SW_TRY(connection.execute(is_sqlite ? "begin immediate" : "begin transaction"));
    return Transaction(connection);
}

DataResult<void> Transaction::commit() {
    Connection* connection = std::exchange(connection_, nullptr);
    auto done = connection->execute("commit");
    if (done) return {};
    // A commit that is refused may leave the transaction open (SQLite) or closed (DuckDB).
    (void)connection->execute("rollback");
    return fail(std::move(done).error());
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
    if (connection_ != nullptr) (void)connection_->execute("rollback");
}

DataResult<void> check_expression(Connection& connection, const std::string& expression,
                                  const std::string& relation, const Json& parameters) {
    // Bare, an early bracket does not fit; bracketed, neither a list nor a clause does.
    SW_TRY(connection.describe("select " + expression + "\n from " + relation, parameters));
    SW_TRY(connection.describe("select (" + expression + "\n) from " + relation, parameters));
    return {};
}

std::string TableName::display() const {
    return schema.empty() ? table : schema + "." + table;
}

namespace {

std::string quoted(std::string_view text, char quote) {
    std::string result(1, quote);
    for (const char c : text) {
        if (c == quote) result += quote;
        result += c;
    }
    return result + quote;
}

}  // namespace

std::string quote_identifier(std::string_view name) {
    return quoted(name, '"');
}
std::string quote_literal(std::string_view text) {
    return quoted(text, '\'');
}

std::string sql_literal(const Json& value) {
    if (value.is_null()) return "null";
    if (value.is_string()) return quote_literal(value.get_ref<const std::string&>());
    if (!value.is_array())
        return value.is_object() ? quote_literal(to_text(value)) : to_text(value);
    std::string list = "[";
    for (const auto& element : value) list += (list.size() > 1 ? ", " : "") + sql_literal(element);
    return list + "]";
}

std::string quote_table(const TableName& table, Dialect dialect) {
    if (dialect == Dialect::sqlite || table.schema.empty()) {
        return quote_identifier(table.display());
    }
    return quote_identifier(table.schema) + "." + quote_identifier(table.table);
}

std::string is_first_by(const std::string& rank) {
    return rank + " between 0 and 1";
}

std::string quoted_list(const std::vector<std::string>& names, std::string_view prefix) {
    std::string result;
    for (const auto& name : names) {
        if (!result.empty()) result += ", ";
        result.append(prefix);
        result += quote_identifier(name);
    }
    return result;
}

}  // namespace stepwell::tasks::data
