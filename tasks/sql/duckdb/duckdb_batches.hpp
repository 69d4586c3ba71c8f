// Batches out of DuckDB's chunks, and into its appender.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/sql/batch.hpp"
#include "tasks/sql/duckdb/duckdb_api.hpp"
#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data::duckdb {

/// The query `sql`, prepared as `statement`, with its columns in types that a batch holds: others
/// are cast to text, what has members to JSON.
///
/// Fails with E_UNSUPPORTED, by name, where a type can be read by DuckDB alone.
DataResult<std::string> batch_query(const Api& api, Handle statement, const std::string& sql,
                                    const std::vector<Column>& columns);

/// The error of a column whose type only the engine itself reads.
DataError unreadable(const Column& column);

/// The values of a column of a chunk; texts point into the chunk.
void read_column(const Api& api, Handle vector, Type type, Size rows,
                 std::vector<BatchValue>& values);

/// Appends to `table` (as SQL says it; of the columns' types). `connection`: the engine's own
/// handle.
DataResult<std::unique_ptr<BatchWriter>> open_appender(const Api& api, Handle connection,
                                                       const std::string& table,
                                                       std::vector<Column> columns);

/// Hands on to `staged`; its finish() then runs `insert`, which takes the rows from there.
std::unique_ptr<BatchWriter> staged_writer(Connection& connection,
                                           std::unique_ptr<BatchWriter> staged, std::string insert);

}  // namespace stepwell::tasks::data::duckdb
