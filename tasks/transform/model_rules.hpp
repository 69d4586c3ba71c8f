// What a model must keep to: its contract, what its hooks may do, configurations that mean
// something.
#pragma once

#include <string>
#include <vector>

#include "tasks/sql/sql_engine.hpp"
#include "tasks/transform/project.hpp"

namespace stepwell::tasks::transform {

/// Whether a hook may run: it changes tables and views, not the session, which other models share,
/// and not what Stepwell keeps in the database. Fails with E_DENIED.
DataResult<void> check_hook(const std::string& sql);

/// `contract: {enforced: true}`: the query's columns are those that the property file declares,
/// with their types. Fails with E_SCHEMA; with E_UNSUPPORTED where constraints are declared.
DataResult<void> check_contract(data::Connection& connection, const Node& model,
                                const std::vector<data::Column>& columns);

/// Adds a warning for each configuration that is set and has no effect.
void note_unused_configs(Project& project);

}  // namespace stepwell::tasks::transform
