// Turns the rules of a validate task into checks with SQL, against the columns that are there.
#pragma once

#include <vector>

#include "tasks/validate/metrics_store.hpp"
#include "tasks/validate/validate_parameters.hpp"

namespace stepwell::tasks::data {

/// The rows to be checked, as SQL.
struct CheckedRows {
    /// SELECTable: each column under its name, typed (NULL where it is not of its type); as text
    /// under raw_name(); as it came under source_name(); _sw_file, _sw_line, _sw_fault, _sw_raw.
    std::string relation;
    Json parameters = Json::object();
    std::vector<Column> columns;  // as the input has them
    std::string connection;       // on which they are checked; "" = in memory
};

/// Under which name a column's own text stands beside its typed value.
std::string raw_name(const std::string& column);
/// Under which name a column stands as it came, whatever is taken for NULL or trimmed.
std::string source_name(const std::string& column);

/// All checks, in the order of the parameters: schema, columns, then the list. What cannot be
/// checked is there with the reason in `skipped`. Fails with E_CONFIG, naming every fault.
DataResult<std::vector<Check>> build_checks(DataSession& session, Connection& connection,
                                            const ValidateParameters& validate,
                                            const CheckedRows& rows, const MetricsHistory& history);

}  // namespace stepwell::tasks::data
