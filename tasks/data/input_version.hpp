// Whether what a task reads is what it read before: the one definition of "unchanged" by which etl
// and validate leave work undone.
//
// Threads: belongs to the task's thread.
#pragma once

#include <string>
#include <vector>

#include "tasks/data/data_session.hpp"

namespace stepwell::tasks::data {

/// Tells the content of a file: one written again with the same content has the same version. Files
/// of at most 64 MB are told by their bytes, larger ones by what the file system says of them. "" =
/// it cannot be told: a large file that was touched so lately that the next touch might have the
/// same time.
DataResult<std::string> version_of(const InputFile& file);

/// Whether nobody has touched `file` since it was looked at: what was read meanwhile is what its
/// `version`, as version_of() told it then, stands for.
DataResult<bool> has_still(DataSession& session, const InputFile& file, const std::string& version);

/// Tells the rows of `relation` (what stands behind FROM) in any order: their number and a hash.
DataResult<Json> rows_version(Connection& connection, const std::string& relation,
                              const std::vector<std::string>& columns, const Json& parameters);

/// Whether some text of the parameters asks the clock, chance or files, which no version of the
/// inputs tells.
bool asks_beyond_inputs(const Json& parameters);

}  // namespace stepwell::tasks::data
