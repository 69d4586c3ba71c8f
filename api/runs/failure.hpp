// What failed, why, and what its log said: the banner of a failed run.
#pragma once

#include <filesystem>

#include "api/read/histories.hpp"

namespace stepwell::api::answers {

/// Whether samples of data may be shown: a viewer sees how many there are, and not what is in them.
enum class Samples { shown, hidden };

/// One failure: {"state", "path", "place", "type", "resource", "items": [{"state", "index"}],
/// "tries", "error", "cause", "message": the sentence in the cause, "event", "at", "caught",
/// "ended_by": the Fail state that ended the run in its place}. Of a data task also "code", "rows",
/// "inputs" and "checks": those that did not pass.
Json leaf_view(const LeafFailure& leaf, Samples samples);

struct FailureQuery {
    std::filesystem::path data_folder;
    std::size_t log_lines = 4;  // at most, ending in the first that tells of an error
    std::size_t others = 20;    // further failures that are listed
    Samples samples = Samples::shown;
};

/// {"run", "status", "failure": FAILURE or null, "log": LOG or null, "count": how many failed for a
///  reason of their own, "by_error": [{"error", "count"}], "others": [FAILURE without checks],
///  "caught_count", "caught": [FAILURE]: what failed and was caught on the way}
///
/// LOG: {"state", "attempt", "total": lines, "first": number of the first line given, from 1,
/// "error_line": the number of the line that tells of an error or null, "lines": [TEXT]}
Result<Json> failure_view(Histories& histories, ExecutionId run, const FailureQuery& query);

}  // namespace stepwell::api::answers
