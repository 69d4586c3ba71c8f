// A CsvScan as a table in DuckDB: `stepwell_csv(ID)`, read by all of its threads, with only the
// columns that a query uses.
//
// SQL can name a scan only by the id of one that is open: files are opened by tasks, never by SQL.
// Besides the files' columns (VARCHAR; NULL for a missing field and for an empty one without
// quotes) there are _sw_file, _sw_line, _sw_fault (why the record cannot be used; else NULL),
// _sw_raw (the record as it stands in the file, only where there is a fault; else NULL) and
// _sw_piece (from 0: the records of a piece are read by one thread, in the order of the files; what
// a thread reads are mostly neighbours, so that what it writes is mostly in that order too).
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tasks/files/csv_scan.hpp"

namespace stepwell::tasks::data::duckdb {

/// Makes the function known to a database. `connection`: the library's handle.
DataResult<void> register_csv_function(void* connection);

/// How many whole records all queries over a scan have been given so far.
using CsvTally = std::atomic<std::int64_t>;

/// Offers the scan to SQL for as long as the lease lives.
class CsvLease {
public:
    explicit CsvLease(std::shared_ptr<const CsvScan> scan);
    /// Only these pieces of it, in this order; they keep their numbers.
    CsvLease(std::shared_ptr<const CsvScan> scan, std::vector<std::size_t> pieces);
    ~CsvLease();
    CsvLease(const CsvLease&) = delete;
    CsvLease& operator=(const CsvLease&) = delete;
    /// "stepwell_csv(123)"
    [[nodiscard]] std::string relation() const;
    /// How many pieces a query reads a scan in.
    [[nodiscard]] static std::size_t pieces(const CsvScan& scan);
    [[nodiscard]] const std::shared_ptr<const CsvTally>& tally() const { return tally_; }

private:
    std::int64_t id_;
    std::shared_ptr<const CsvTally> tally_;
};

}  // namespace stepwell::tasks::data::duckdb
