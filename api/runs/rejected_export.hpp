// The rejected rows of a task, all of them, as a file: CSV for spreadsheets, JSON lines for
// programs.
#pragma once

#include <memory>

#include "api/runs/rejected.hpp"
#include "api/runs/run_export.hpp"

namespace stepwell::api::answers {

using RejectedFile = std::function<void(Result<std::shared_ptr<Stream>>)>;

/// Reads page by page from the first row on, the next when the one before has left; breaks off
/// where a page cannot be read. `done` is called once, from any thread, when the first page is
/// there: with what ReadRejected or shown_rejected() fails with, where it fails.
/// REQUIRES: `asked` has a source.
void export_rejected(AskedRejected asked, ReadRejected read, ExportForm form, RejectedFile done);

/// /runs/{run}/rejected/export.csv and .jsonl. REQUIRES: `sources` outlives the router.
void add_rejected_export_routes(Router& router, AnswerSources& sources, const ReadRejected& read);

}  // namespace stepwell::api::answers
