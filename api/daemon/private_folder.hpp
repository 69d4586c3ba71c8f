// The data folder is for who runs the daemon alone: it holds inputs and outputs of runs, hashes of
// passwords, keys.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "engine/base/result.hpp"

namespace stepwell::api {

/// From now on what this process makes, and its task hosts make, is for its user alone.
void make_files_private();

/// Makes the folder (0700) where there is none. Takes the rights of others away from it and from
/// what lies directly in it, and calls `warn` once where there were any. A folder that others share
/// (another owner's, a sticky one such as /tmp) stays as it is, and `warn` says so.
///
/// Fails with `io` where the folder cannot be made.
Result<void> make_private(const std::filesystem::path& folder,
                          const std::function<void(const std::string&)>& warn);

/// Whether the journal in the folder may be opened, or made where there is none. `warn` is called
/// where it is made beside what another one left: its runs are lost, unless it is put back.
///
/// Fails with `corruption` where a journal's log is there without the journal: opening it would
/// throw the log away.
Result<void> check_journal_is_whole(const std::filesystem::path& folder,
                                    const std::function<void(const std::string&)>& warn);

}  // namespace stepwell::api
