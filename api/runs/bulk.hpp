// One request about many runs: those that it names, or those that fit the conditions of the list.
//
// They are done in small parts, each behind the one before, so that neither the engine nor a
// reader's thread nor memory has all of them at once; what is beyond the limit, or takes too long,
// is left for the next request, which goes on behind the last one that was looked at.
//
// Threads: parts are read on readers' threads, one after the other; the engine answers on its own.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "api/home/routes.hpp"
#include "api/router/route.hpp"
#include "engine/runtime/engine_types.hpp"

namespace stepwell::api::answers {

/// What is done to each of them.
struct BulkDeed {
    /// Of those that fit a filter only these are meant.
    std::vector<core::Status> statuses;
    /// How many are handed to the engine together.
    std::size_t part = 50;
    /// Why it would be refused, as far as can be told; nothing: it would be done. Changes nothing.
    std::function<Result<std::optional<Error>>(runtime::Reader&, const runtime::ExecutionSummary&)>
        refusal;
    /// Does it. The answer, an object, is what there is to say of one that is done; it may come
    /// from any thread, once.
    std::function<void(runtime::Reader&, ExecutionId, runtime::Answer<Json>)> act;
};

/// The parameters of a query that say which runs, whether to look only, and which part of them.
std::vector<Parameter> bulk_parameters();
/// JSON Schema of the answer: {"preview", "matched", "done": [{"run", "name", "workflow", and what
/// `done_members` say}], "refused": [{"asked", "run", "name", "workflow", "code", "message"}],
/// "total": {"count", "exact"}, "complete", "next"}.
std::string bulk_schema(std::string_view done_members);

/// Answers the call, later. REQUIRES: its route has bulk_parameters() and may have "runs" in its
/// body; what is referred to outlives the answer.
void carry_out(AnswerSources& sources, BulkDeed deed, const Call& call);

}  // namespace stepwell::api::answers
