// DuckDB behind sql_engine.hpp.
//
// One instance per database file: an empty in-memory database to which the file is attached under
// the connection's name, so that SQL may say wh.schema.table. What SQL may touch outside is fixed
// at open and cannot be widened by any statement (user SQL runs on the same instance): only the
// files under `allowed_folders`, no extensions from the network, no change of the configuration.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

struct DuckdbOptions {
    std::string name;            // what SQL calls the attached file; "" = in memory only
    std::filesystem::path path;  // the file; created where it is not there
    std::vector<std::filesystem::path> allowed_folders;
    std::filesystem::path temporary_folder;  // where queries spill; "" = they fail instead
    std::string memory_limit;                // "2GB"; "" = half of the machine's (or cgroup's)
    int threads = 0;                         // 0 = as many as the machine has
    bool is_read_only = false;
    /// Make table functions known to the new database. The argument is the engine's own handle of
    /// a connection.
    std::vector<DataResult<void> (*)(void* connection)> functions;
};

/// Fails with E_UNSUPPORTED (no library), E_LOCKED (another process has the file), E_FORMAT (not
/// a DuckDB file), E_CONN.
DataResult<std::shared_ptr<Database>> open_duckdb(const DuckdbOptions& options);

namespace duckdb {
struct Api;
/// The engine's own handle of a connection, for table functions. REQUIRES: a DuckDB connection.
void* native_connection(Connection& connection);
}  // namespace duckdb

}  // namespace stepwell::tasks::data
