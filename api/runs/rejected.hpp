// GET /api/v1/runs/{run}/rejected: the rows that the validate tasks of a run put aside.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/home/routes.hpp"
#include "api/read/state_tracker.hpp"

namespace stepwell::api::answers {

/// A piece of one file of rejected rows.
struct RejectedQuery {
    std::string uri;
    std::string check;  // only rows that it rejected; "" = all
    std::size_t offset = 0;
    std::size_t limit = 100;
};

/// {"columns", "total", "of_run", "rows": [{"file", "line", "reasons", "raw", "cells"}]}
using RejectedDone = std::function<void(Result<Json> page)>;
/// Reads it, only where tasks may read; `done` is called once, from any thread.
using ReadRejected = std::function<void(RejectedQuery query, RejectedDone done)>;

/// What a validate task of the run has put aside, as its result says.
struct RejectedSource {
    std::string path;             // "Each month[3] / Validate"
    std::string definition_path;  // "Each month/Validate"
    std::string uri;
    std::uint64_t rows = 0;
    std::vector<std::string>
        masked;  // columns whose values nobody is shown, in any case of letters
};

/// In the order in which the states were entered; those that put nothing aside are none.
std::vector<RejectedSource> rejected_sources(const std::vector<StateRow>& rows);

/// The values of rows, for who may not see them: where they stand, and why, stays.
void hide_rejected_values(Json& rows);

/// Likewise of columns that the definition masks, and of lines that have no columns.
void mask_rejected_values(Json& rows, const std::vector<std::string>& masked);

/// REQUIRES: the schemas of the answers are there.
void add_rejected_route(Router& router, AnswerSources& sources, ReadRejected read);

}  // namespace stepwell::api::answers
