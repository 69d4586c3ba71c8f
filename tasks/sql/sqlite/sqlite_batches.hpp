// Batches out of SQLite's rows, and into a prepared INSERT.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <vector>

#include "tasks/sql/batch.hpp"
#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

/// What SQLite says of a call that went wrong, with our code for it.
DataError sqlite_error(sqlite3* handle, int result);

/// Steps through the rows of `statement`. Returns SQLite's last result code: done, or why not.
DataResult<int> read_sqlite_batches(sqlite3_stmt* statement, std::size_t columns,
                                    const std::function<DataResult<void>(const Batch&)>& consume);

/// Runs `statement`, an INSERT with a parameter for each of `columns`, for each row; owns it.
/// `columns`: with the types that SQLite has declared for them. `database` is kept open.
std::unique_ptr<BatchWriter> sqlite_writer(std::shared_ptr<Database> database, sqlite3* handle,
                                           sqlite3_stmt* statement, std::vector<Column> columns);

}  // namespace stepwell::tasks::data
