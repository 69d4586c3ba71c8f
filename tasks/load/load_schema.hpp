// Brings a target table and an input together: which columns are loaded, and what must change in
// the table before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/load/load_parameters.hpp"

namespace stepwell::tasks::data {

struct LoadPlan {
    std::vector<Column> columns;  // of the target that are loaded, with their types afterwards
    std::vector<std::string> statements;  // DDL to run first, in the transaction
    /// DDL to run behind the rows, in the same one; fails where keys come twice.
    std::vector<std::string> statements_after;
    Json schema_changes = Json::array();
};

/// What `input` (with the audit columns) means for the table. `existing`: the target's columns;
/// empty where the table is made anew.
DataResult<LoadPlan> plan_load(const LoadParameters& load, const TableName& table, Dialect dialect,
                               const std::vector<Column>& input,
                               const std::vector<Column>& existing);

}  // namespace stepwell::tasks::data
