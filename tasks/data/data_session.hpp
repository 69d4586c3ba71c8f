// One attempt at a data task: its connections, its place for data, and the result envelope that it
// fills (docs/tasks/common.md). Ends every query when the attempt is cancelled.
//
// Threads: belongs to the task's thread; cancellation comes from another one.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/files/locations.hpp"
#include "tasks/sql/database_cache.hpp"
#include "tasks/sql/sql_engine.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks::data {

/// A table as users write it: [CONNECTION.][SCHEMA.]TABLE.
struct TableReference {
    std::string connection;
    TableName name;
    [[nodiscard]] std::string display() const { return connection + "." + name.display(); }
};

class DataSession {
public:
    /// `type`: the task's name in the envelope ("load").
    DataSession(TaskContext& context, std::string_view type);
    ~DataSession();
    DataSession(const DataSession&) = delete;
    DataSession& operator=(const DataSession&) = delete;

    [[nodiscard]] TaskContext& context() { return context_; }
    [[nodiscard]] const Locations& locations() const { return locations_; }
    /// The envelope under construction; all members are there, in their order.
    [[nodiscard]] Json& result() { return result_; }
    /// The key under which this task's effect happens once.
    [[nodiscard]] std::string run_key() const;

    /// A new connection to the configured connection `name` ("" = "wh"), which lives as long as
    /// the session. Fails with E_CONFIG for a name that is not configured.
    DataResult<Connection*> connect(std::string_view name);
    /// A new connection to an empty DuckDB database in memory.
    DataResult<Connection*> connect_memory();

    /// Reads a table's name; without a connection in front, `connection` is meant ("" = "wh").
    [[nodiscard]] DataResult<TableReference> table_reference(std::string_view text,
                                                             std::string_view connection) const;
    [[nodiscard]] bool has_connection(std::string_view name) const;
    /// Excludes other writers of the table in this process, until the guard goes.
    DataResult<std::shared_ptr<void>> lock_table(const TableReference& table);

    /// The files of `uris`, as Locations::expand(); of a lake table, those of its current version,
    /// which stay where they are for days, whatever writers do.
    DataResult<std::vector<InputFile>> input_files(const Json& uris);

    /// Adds to a number of the envelope: count("rows", "inserted", 3).
    void count(std::string_view group, std::string_view name, std::int64_t by);
    /// Lists the files read, with sizes, in the envelope. At most the first 100.
    void note_inputs(const std::vector<InputFile>& files);
    void note_engine(Database& database);

private:
    struct ConnectionSettings;
    [[nodiscard]] DataResult<ConnectionSettings> settings_of(std::string_view name) const;
    DataResult<std::shared_ptr<Database>> open(const ConnectionSettings& settings);
    DataResult<Connection*> keep(DataResult<std::unique_ptr<Connection>> connection);

    TaskContext& context_;
    Locations locations_;
    Json result_;
    std::mutex mutex_;  // connections_, against cancellation
    std::vector<std::unique_ptr<Connection>> connections_;
    std::shared_ptr<Database> memory_;
    std::shared_ptr<void> on_cancel_;
};

/// Runs `body` and makes the task's result of what it left in session.result(). A failure becomes
/// a TaskError whose cause is the envelope; `body` may set "status" to "warn" or "skipped".
TaskResult run_data_task(TaskContext& context, std::string_view type,
                         const std::function<DataResult<void>(DataSession&)>& body);

/// The repeat of an effect: whether `run_key` is already recorded in the database; the envelope
/// then says so.
DataResult<bool> is_replayed(DataSession& session, Connection& connection);
/// Records the run's key. REQUIRES: is_replayed() said no; within the transaction that has the
/// effect.
DataResult<void> record_commit(DataSession& session, Connection& connection,
                               std::string_view target);

}  // namespace stepwell::tasks::data
