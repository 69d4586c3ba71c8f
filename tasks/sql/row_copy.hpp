// Brings the rows of one engine into a table of another, value by value, in batches.
#pragma once

#include <string>
#include <vector>

#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

/// Runs `sql` on `from` and appends its rows to `columns` (none = all) of `table`, as SQL says it,
/// on `to`. Returns how many there were.
///
/// Fails with E_FORMAT where a value would change on the way.
DataResult<std::int64_t> copy_rows(Connection& from, const std::string& sql, const Json& parameters,
                                   Connection& to, const std::string& table,
                                   const std::vector<std::string>& columns = {});

/// Into a new temporary table `table` (a name) of a DuckDB connection, of the columns that
/// typed_columns() gives. Returns them.
DataResult<std::vector<Column>> copy_to_duckdb(Connection& from, const std::string& sql,
                                               const Json& parameters, Connection& to,
                                               const std::string& table);

/// The columns of a query with DuckDB's types. SQLite's are those of its values, which it reads
/// once for that: it declares types, and holds what it is given. Whole numbers are bigint; numbers
/// of both kinds are double where that changes none, else text, and so is anything else that is
/// mixed; what is declared a date, a timestamp or a boolean is one where all values are.
///
/// Fails with E_UNSUPPORTED where a column has blobs beside other values.
DataResult<std::vector<Column>> typed_columns(Connection& from, const std::string& sql,
                                              const Json& parameters);

}  // namespace stepwell::tasks::data
