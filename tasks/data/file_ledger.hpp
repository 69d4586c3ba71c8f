// Which versions of which files a target already has: `_stepwell_files` in the target's database,
// so that it is written in the same transaction as the rows.
#pragma once

#include <string>
#include <vector>

#include "tasks/data/data_session.hpp"

namespace stepwell::tasks::data {

/// Those of `files` that `target` does not have in this version. Files that it has and that have
/// been gone from their places for 90 days are forgotten.
DataResult<std::vector<InputFile>> changed_files(DataSession& session, Connection& connection,
                                                 const std::string& target,
                                                 const std::vector<InputFile>& files);

/// REQUIRES: changed_files() was asked before, outside of the transaction in which this runs.
DataResult<void> record_files(Connection& connection, const std::string& target,
                              const std::vector<InputFile>& files);

}  // namespace stepwell::tasks::data
