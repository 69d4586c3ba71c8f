// Brings the rows of another engine into a temporary table of DuckDB.
#pragma once

#include <string>

#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

/// `sql`: one query. Columns that SQLite gives no type get that of their values.
DataResult<void> copy_to_duckdb(Connection& from, const std::string& sql, const Json& parameters,
                                Connection& to, const std::string& table);

/// The columns of a query on SQLite with DuckDB's types.
DataResult<std::vector<Column>> typed_columns(Connection& from, const std::string& sql,
                                              const Json& parameters);

}  // namespace stepwell::tasks::data
