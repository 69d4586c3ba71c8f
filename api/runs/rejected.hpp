// GET /api/v1/runs/{run}/rejected: the rows that the validate tasks of a run put aside, page by
// page.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/home/routes.hpp"
#include "api/read/state_tracker.hpp"
#include "api/runs/failure.hpp"

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
        masked;            // columns whose values nobody is shown, in any case of letters
    bool is_kept = false;  // nothing had changed: an earlier run put them aside
};

/// In the order in which the states were entered; those that put nothing aside are none.
std::vector<RejectedSource> rejected_sources(const std::vector<StateRow>& rows);

/// The values of rows, for who may not see them: where they stand, and why, stays.
void hide_rejected_values(Json& rows);

/// Likewise of columns that the definition masks, and of lines that have no columns.
void mask_rejected_values(Json& rows, const std::vector<std::string>& masked);

/// What a request asks for, found out before a file is read.
struct AskedRejected {
    std::uint64_t run = 0;
    std::string run_name;
    std::vector<RejectedSource> sources;
    std::size_t chosen = 0;  // REQUIRES: < sources.size() where there are any
    RejectedQuery query;     // its file and check; from the first row on
    Samples samples = Samples::hidden;
    /// Whether a run of the workflow with that name began before this one; so does one that is not
    /// there any more. Empty: none did.
    std::function<bool(const std::string& run_name)> is_earlier = {};
};

/// `path` and `check`: of which task, and which of its rows.
std::vector<Parameter> rejected_parameters();

/// Of a call with those parameters. Fails with not_found where there is no such run, or its `path`
/// is none of the sources'. REQUIRES: `sources` outlives what is asked.
Result<AskedRejected> asked_rejected(AnswerSources& sources, const Call& call);

/// A page as ReadRejected gives it, with what who asks may see of its rows. Fails with conflict
/// where another run has written the file since.
Result<Json> shown_rejected(const AskedRejected& asked, Json page);

/// REQUIRES: the schemas of the answers are there.
void add_rejected_route(Router& router, AnswerSources& sources, ReadRejected read);

}  // namespace stepwell::api::answers
