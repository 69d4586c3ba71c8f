// The runs that fit, all of them, as a file: CSV for spreadsheets, JSON lines for programs.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/home/routes.hpp"
#include "api/runs/run_filter.hpp"

namespace stepwell::api::answers {

/// Begins a file of CSV: spreadsheets take text without it for one of an older code.
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// A value as a field shows it: a text without its quotes, and nothing where there is none.
std::string csv_text(const Json* value);
/// A line of CSV, with its end (RFC 4180). What a spreadsheet would take for a formula gets an
/// apostrophe in front, which makes it text there.
std::string csv_line(const std::vector<std::string>& fields);

enum class ExportForm { csv, json_lines };

/// The file NAME.csv or NAME.jsonl, to be kept.
Response export_response(const std::string& name, ExportForm form, std::shared_ptr<Stream> stream);

/// Page by page, each of its own moment, the newest first: a run that is started meanwhile is not
/// in it. Breaks off where a page cannot be read. Fails as Reader::search() does.
/// REQUIRES: `sources` outlives it.
Result<std::shared_ptr<Stream>> export_runs(AnswerSources& sources, AskedRuns asked,
                                            ExportForm form);

/// /runs/export.csv and /runs/export.jsonl
void add_run_export_routes(Router& router, AnswerSources& sources);

}  // namespace stepwell::api::answers
