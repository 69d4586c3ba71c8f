// The fold of a run's history to its row (see engine/journal/run_rows.hpp), and what a row's
// details give back. Pure.
#pragma once

#include "api/read/digest.hpp"

namespace stepwell::api::answers {

/// For EngineSettings::fold_run. Nothing of a run that had no failure, no rows and took no time.
std::optional<journal::RunRow> run_row_of(const journal::ExecutionRecord& run,
                                          const std::vector<core::Event>& events);

/// The digest of a run as far as its row tells: states, counts of rows and of what was caught; no
/// failures and no children. Nothing where the details are not ours.
std::optional<RunDigest> digest_in(runtime::ExecutionSummary summary, const journal::RunRow& row);

/// The fingerprint of the failure that came first; "" where the row does not say.
std::string first_failure_in(const journal::RunRow& row);

}  // namespace stepwell::api::answers
