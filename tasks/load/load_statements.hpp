// The statements that bring staged rows into a table, for each mode and engine.
#pragma once

#include <string>

#include "tasks/load/load_schema.hpp"

namespace stepwell::tasks::data {

struct LoadCounts {
    std::int64_t inserted = 0;
    std::int64_t updated = 0;
    std::int64_t deleted = 0;
};

struct LoadSource {
    std::string relation;  // SELECTable on the target's connection; the plan's columns are in it
    Json parameters = Json::object();
};

/// Refuses keys that are NULL (E_QUALITY); returns how many rows the source has.
DataResult<std::int64_t> check_keys_given(Connection& connection, const LoadParameters& load,
                                          const LoadSource& source);
/// Refuses keys that come twice (E_DUPLICATE_KEY), the same way on every engine, unless the load
/// keeps one of each.
DataResult<void> check_keys_once(Connection& connection, const LoadParameters& load,
                                 const LoadSource& source);

/// Leaves one row of each key in the temporary table `stage`, which has `columns` and of each key
/// the rows that are the latest. Such as differ are E_TIE; of those that are alike the one of the
/// first file stays.
DataResult<void> keep_latest(Connection& connection, const LoadParameters& load,
                             const std::string& stage, const std::vector<std::string>& columns);

/// Runs the DML of the mode. REQUIRES: within a transaction; keys were checked.
DataResult<LoadCounts> write_rows(Connection& connection, const LoadParameters& load,
                                  const TableName& table, const LoadPlan& plan,
                                  const LoadSource& source);

}  // namespace stepwell::tasks::data
