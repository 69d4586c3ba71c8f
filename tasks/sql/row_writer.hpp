// Carries rows into a table of another engine, one by one as they are read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

class RowWriter {
public:
    /// `table`: quoted; it has `columns` columns.
    RowWriter(Connection& connection, std::string table, std::size_t columns)
        : connection_(connection), table_(std::move(table)), columns_(columns) {}

    DataResult<void> add(const Row& row);
    /// Writes what is still held back. REQUIRES: called before the rows are looked at.
    DataResult<void> finish();
    [[nodiscard]] std::int64_t rows() const { return rows_; }

private:
    Connection& connection_;
    std::string table_;
    std::size_t columns_;
    std::int64_t rows_ = 0;
    std::size_t held_ = 0;
    Json parameters_ = Json::object();
    std::string values_;
};

/// Runs `sql` on `from` and appends its rows to `table` on `to`. Returns how many there were.
DataResult<std::int64_t> copy_rows(Connection& from, const std::string& sql, const Json& parameters,
                                   Connection& to, const std::string& table, std::size_t columns);

}  // namespace stepwell::tasks::data
