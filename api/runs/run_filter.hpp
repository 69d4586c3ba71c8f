// Which runs a question is about: the conditions that lists and counts share.
#pragma once

#include <vector>

#include "api/home/routes.hpp"
#include "api/read/histories.hpp"

namespace stepwell::api::answers {

/// The parameters of a query that say which runs.
std::vector<Parameter> run_filter_parameters();

struct AskedRuns {
    runtime::RunQuery query;
    /// False: there may be more than are found. More runs wait than are looked at, or what is asked
    /// for is told by run rows, and some are still to be folded.
    bool is_complete = true;
};

/// What the parameters of a call ask for; fails as Reader::search() does, and with `invalid`.
/// REQUIRES: the route of the call has run_filter_parameters().
Result<AskedRuns> asked_runs(Histories& histories, const AnswerSources& sources, const Call& call);

}  // namespace stepwell::api::answers
