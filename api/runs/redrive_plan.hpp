// What a redrive of a run would do: told before anybody asks for it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/read/histories.hpp"
#include "engine/runtime/redrive.hpp"

namespace stepwell::api::answers {

/// What an input is now.
struct InputNow {
    enum class State { there, gone, unknown };
    State state = State::unknown;
    std::string etag;  // iff it is there
};
/// Looks at what a data task read, by the `uri` that its result names. Any thread.
using InputProbe = std::function<InputNow(const std::string& uri)>;

struct RedrivePlanQuery {
    runtime::RedrivePolicy policy;
    Timestamp now;
    InputProbe probe;
    std::size_t listed = 200;  // states and inputs, each
};

/// {"run", "status", "redrivable", "reason": why not, in AWS's words, else "", "redrives"}, and
/// where it is redrivable:
///  "runs": [{"state", "path", "place", "type", "begun": false where it had not been entered,
///   "usual": QUANTILES}]: what runs first, at most `listed`, "runs_count",
///  "lanes": [{"path", "place", "type", "total", "kept", "again", "new"}]: of each Map and Parallel
///   that goes on, how many of its children stay finished, run again, and begin,
///  "keeps": [{"path", "type", "count"}]: results of states that stay,
///  "estimate": {"time_ms", "complete", "unknown": [PATH]},
///  "inputs": [{"uri", "state", "path", "etag", "size", "mtime", "is"}]: what the tasks that run
///   again had read; `is`: same, changed, gone, unknown,
///  "inputs_are_the_same": true where all of them are, false where one is not, null: not known,
///  "version": {"number": the one it keeps, "newest", "difference": to the newest, or null}
/// Fails with `not_found`.
Result<Json> redrive_plan_view(Histories& histories, ExecutionId run,
                               const RedrivePlanQuery& query);

}  // namespace stepwell::api::answers
