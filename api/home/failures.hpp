// Failures by cause: which failures are the same one, how often it came, and how it stands.
#pragma once

#include "api/read/fingerprint.hpp"
#include "api/read/histories.hpp"

namespace stepwell::api::answers {

/// What one run says of a fingerprint.
struct Mark {
    enum class Kind { failure, success };
    Kind kind = Kind::failure;
    Timestamp at;  // when the run started
};
/// "new" (it failed once, and did not fail before in what was looked at), "still failing" (as the
/// last times), "came back" (it had gone well in between), "recovered" (it goes well now).
/// REQUIRES: the oldest first, at least one failure.
std::string condition_of(const std::vector<Mark>& marks);

struct FailuresQuery {
    std::optional<std::string> workflow;
    Span span;
    std::size_t intervals = 30;  // of equal length, over the span
    std::size_t groups = 50;
};

/// {"from", "to", "intervals": [FROM...], "groups": [{"id", "workflow", "state", "path", "error",
///  "cause": without what varies, "message": of the last one, "count", "condition",
///  "first_at", "last_at", "runs": [the last 10 ids, newest first], "last_run": {"run", "name"},
///  "occurrences": [N an interval],
///  "successes": [N an interval: runs of the workflow that succeeded]}], "complete": false while
///  runs that have ended are still to be folded}
///
/// Counted from run rows: of all failures in the span. Open ones before those recovered, then by
/// their last occurrence, newest first. Each run counts once for each fingerprint; one that was
/// redriven and went well since still counts, as recovered.
Result<Json> failures_view(Histories& histories, const FailuresQuery& query);

}  // namespace stepwell::api::answers
