// Brings a target table and an input together: which columns are loaded, and what must change in
// the table before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/data/load_parameters.hpp"

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

/// The smallest type that holds all values of both: bool < int < bigint < hugeint < decimal <
/// double; date < timestamp. Nothing where there is none.
std::optional<std::string> wider_type(const std::string& a, const std::string& b);

/// DuckDB's type as SQLite declares it.
std::string sqlite_type(const std::string& type);

bool is_same_column(std::string_view a, std::string_view b);

}  // namespace stepwell::tasks::data
