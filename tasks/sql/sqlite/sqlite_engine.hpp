// SQLite behind sql_engine.hpp. SQL cannot leave its file: ATTACH, load_extension and pragmas
// that change files are refused on every connection. `regexp` works as in DuckDB (search).
#pragma once

#include <filesystem>

#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

struct SqliteOptions {
    std::filesystem::path path;  // created where it is not there; "" = in memory
    int busy_timeout_ms = 10'000;
    bool is_read_only = false;
};

/// Fails with E_CONN, E_DENIED or E_FORMAT (not an SQLite file).
DataResult<std::shared_ptr<Database>> open_sqlite(const SqliteOptions& options);

}  // namespace stepwell::tasks::data
