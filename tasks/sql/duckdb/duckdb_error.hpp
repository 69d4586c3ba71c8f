// What DuckDB reports as an error of a data task: its class and message become our codes.
#pragma once

#include "tasks/sql/duckdb/duckdb_api.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data {

/// The error of a result. `text` is the library's message; null: it gave none. A message that
/// begins with "[E_CODE] " names the code itself: our own SQL raises such.
DataError engine_error(duckdb::ErrorType type, const char* text);

/// As engine_error(), before a result exists: the library gives only a message then, with the class
/// of the error in front.
DataError prepare_error(const char* text);

}  // namespace stepwell::tasks::data
