#include "tasks/sql/row_copy.hpp"

#include "tasks/sql/row_writer.hpp"

namespace stepwell::tasks::data {
namespace {

/// By SQLite's own rules for what a declared type means.
std::string duckdb_type(const std::string& declared) {
    const auto has = [&](const char* part) { return declared.find(part) != declared.npos; };
    if (has("int")) return "bigint";
    if (has("char") || has("clob") || has("text")) return "varchar";
    if (has("real") || has("floa") || has("doub")) return "double";
    return "";
}

std::string type_of_values(const std::string& kinds) {
    if (kinds == "integer") return "bigint";
    if (kinds == "real" || kinds == "integer,real") return "double";
    return "varchar";
}

}  // namespace

DataResult<std::vector<Column>> typed_columns(Connection& from, const std::string& sql,
                                              const Json& parameters) {
    std::vector<Column> columns = SW_TRY(from.describe(sql, parameters));
    if (from.dialect() == Dialect::duckdb) return columns;
    for (auto& column : columns) {
        column.type = duckdb_type(column.type);
        if (!column.type.empty()) continue;
        const Json kinds = SW_TRY(from.query_value(
            "select group_concat(kind) from (select distinct typeof(" +
                quote_identifier(column.name) + ") as kind from (" + sql + "\n) as source where " +
                quote_identifier(column.name) + " is not null order by 1)",
            parameters));
        column.type = type_of_values(kinds.is_string() ? kinds.get<std::string>() : "");
    }
    return columns;
}

DataResult<void> copy_to_duckdb(Connection& from, const std::string& sql, const Json& parameters,
                                Connection& to, const std::string& table) {
    const auto columns = SW_TRY(typed_columns(from, sql, parameters));
    std::string declared;
    for (const auto& column : columns) {
        declared +=
            (declared.empty() ? "" : ", ") + quote_identifier(column.name) + " " + column.type;
    }
    const std::string name = quote_identifier(table);
    SW_TRY(to.execute("create temp table " + name + " (" + declared + ")"));
    auto transaction = SW_TRY(Transaction::begin(to));
    SW_TRY(copy_rows(from, sql, parameters, to, name, columns.size()));
    return transaction.commit();
}

}  // namespace stepwell::tasks::data
