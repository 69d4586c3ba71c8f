// A CsvScan as a table in DuckDB: `stepwell_csv(ID)`, read by all of its threads, with only the
// columns that a query uses.
//
// SQL can name a scan only by the id of one that is open: files are opened by tasks, never by SQL.
// Besides the files' columns (VARCHAR; NULL for a missing field and for an empty one without
// quotes) there are _sw_file, _sw_line, _sw_fault (why the record cannot be used; else NULL) and
// _sw_raw (the record as it stands in the file, only where there is a fault; else NULL).
#pragma once

#include <memory>
#include <string>

#include "tasks/files/csv_scan.hpp"

namespace stepwell::tasks::data::duckdb {

/// Makes the function known to a database. `connection`: the library's handle.
DataResult<void> register_csv_function(void* connection);

/// Offers the scan to SQL for as long as the lease lives.
class CsvLease {
public:
    explicit CsvLease(std::shared_ptr<const CsvScan> scan);
    ~CsvLease();
    CsvLease(const CsvLease&) = delete;
    CsvLease& operator=(const CsvLease&) = delete;
    /// "stepwell_csv(123)"
    [[nodiscard]] std::string relation() const;

private:
    std::int64_t id_;
};

}  // namespace stepwell::tasks::data::duckdb
