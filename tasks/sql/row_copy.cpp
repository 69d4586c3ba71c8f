#include "tasks/sql/row_copy.hpp"

#include <algorithm>

#include "tasks/sql/strict_types.hpp"

namespace stepwell::tasks::data {
namespace {

using Kind = BatchValue::Kind;

/// What the values of one column are.
struct ValueKinds {
    bool has_integer = false;
    bool has_long_integer = false;  // beyond what a double holds
    bool has_real = false;
    bool has_text = false;
    bool has_blob = false;
    bool are_dates = true;       // all that are there
    bool are_timestamps = true;  // the same
    bool are_flags = true;       // 0 and 1

    void add(const BatchValue& value);
    [[nodiscard]] bool is_empty() const {
        return !has_integer && !has_real && !has_text && !has_blob;
    }
};

void ValueKinds::add(const BatchValue& value) {
    if (value.kind == Kind::null) return;
    if (value.kind == Kind::text) {
        has_text = true;
        are_flags = false;
        are_dates = are_dates && strict::date_of(value.bytes).has_value();
        are_timestamps = are_timestamps && strict::timestamp_of(value.bytes).has_value();
        return;
    }
    are_dates = are_timestamps = false;
    if (value.kind == Kind::integer) {
        has_integer = true;
        are_flags = are_flags && (value.integer == 0 || value.integer == 1);
        has_long_integer = has_long_integer || !is_exact_real(value.integer);
        return;
    }
    are_flags = false;
    if (value.kind == Kind::real) has_real = true;
    if (value.kind == Kind::blob) has_blob = true;
}

/// By SQLite's own rules for what a declared type means: of a column without values.
std::string declared_only(const std::string& declared) {
    const auto has = [&](const char* part) { return declared.find(part) != declared.npos; };
    if (has("int")) return "bigint";
    if (has("real") || has("floa") || has("doub")) return "double";
    if (has("blob")) return "blob";
    if (declared == "date" || declared == "timestamp" || declared == "boolean") return declared;
    return "varchar";
}

DataResult<std::string> type_of(const ValueKinds& kinds, const Column& column) {
    const std::string& declared = column.type;
    if (kinds.is_empty()) return declared_only(declared);
    if (kinds.has_blob) {
        if (!kinds.has_integer && !kinds.has_real && !kinds.has_text) return std::string("blob");
        return data_fail("E_UNSUPPORTED", "column " + column.name +
                                              " has blobs beside other values, which no other "
                                              "engine can hold; cast it in the SQL");
    }
    if (declared.starts_with("bool") && kinds.are_flags) return std::string("boolean");
    if (declared == "date" && kinds.are_dates) return std::string("date");
    const bool is_moment = declared.starts_with("timestamp") || declared == "datetime";
    if (is_moment && kinds.are_timestamps) return std::string("timestamp");
    if (kinds.has_text) return std::string("varchar");
    if (!kinds.has_real) return std::string("bigint");
    return std::string(kinds.has_long_integer ? "varchar" : "double");
}

/// Whether a column goes from DuckDB to DuckDB as its own text of it: lists, structs and maps,
/// which elsewhere go as JSON.
bool goes_as_text(const std::string& type) {
    const auto has = [&](const char* part) { return type.find(part) != type.npos; };
    const bool has_members =
        type.ends_with("]") || type.starts_with("struct(") || type.starts_with("map(");
    return has_members && !has("variant") && !has("union") && !has("geometry");
}

DataResult<std::string> with_members_as_text(Connection& from, const std::string& sql,
                                             const Json& parameters) {
    const auto columns = SW_TRY(from.describe(sql, parameters));
    std::string select;
    std::string names;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string comma = i == 0 ? "" : ", ";
        const std::string name = "c" + std::to_string(i);
        names += comma + name;
        select += comma + (goes_as_text(columns[i].type) ? "cast(" + name + " as varchar)" : name);
    }
    const bool is_plain = select == names;
    return is_plain ? sql : "select " + select + " from (" + sql + "\n) as source(" + names + ")";
}

}  // namespace

DataResult<std::vector<Column>> typed_columns(Connection& from, const std::string& sql,
                                              const Json& parameters) {
    if (from.dialect() == Dialect::duckdb) return from.describe(sql, parameters);
    std::vector<ValueKinds> kinds(SW_TRY(from.describe(sql, parameters)).size());
    auto columns =
        SW_TRY(from.scan_batches(sql, parameters, [&](const Batch& batch) -> DataResult<void> {
            for (std::size_t i = 0; i < kinds.size(); ++i) {
                for (std::size_t row = 0; row < batch.rows; ++row) {
                    kinds[i].add(batch.columns[i][row]);
                }
            }
            return {};
        }));
    for (std::size_t i = 0; i < columns.size(); ++i) {
        columns[i].type = SW_TRY(type_of(kinds[i], columns[i]));
    }
    return columns;
}

DataResult<std::int64_t> copy_rows(Connection& from, const std::string& sql, const Json& parameters,
                                   Connection& to, const std::string& table,
                                   const std::vector<std::string>& columns) {
    const bool is_duckdb = from.dialect() == Dialect::duckdb && to.dialect() == Dialect::duckdb;
    const std::string query = is_duckdb ? SW_TRY(with_members_as_text(from, sql, parameters)) : sql;
    const auto writer = SW_TRY(to.append_to(table, columns));
    std::int64_t rows = 0;
    SW_TRY(from.scan_batches(query, parameters, [&](const Batch& batch) -> DataResult<void> {
        rows += static_cast<std::int64_t>(batch.rows);
        return writer->add(batch);
    }));
    SW_TRY(writer->finish());
    return rows;
}

DataResult<std::vector<Column>> copy_to_duckdb(Connection& from, const std::string& sql,
                                               const Json& parameters, Connection& to,
                                               const std::string& table) {
    auto columns = SW_TRY(typed_columns(from, sql, parameters));
    std::string declared;
    for (const auto& column : columns) {
        declared +=
            (declared.empty() ? "" : ", ") + quote_identifier(column.name) + " " + column.type;
    }
    const std::string name = quote_identifier(table);
    SW_TRY(to.execute("create temp table " + name + " (" + declared + ")"));
    auto transaction = SW_TRY(Transaction::begin(to));
    SW_TRY(copy_rows(from, sql, parameters, to, name));
    SW_TRY(transaction.commit());
    return columns;
}

}  // namespace stepwell::tasks::data
