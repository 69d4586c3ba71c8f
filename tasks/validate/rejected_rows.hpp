// Reads a piece of a file in which a validate task put rows aside, for people who look at them.
#pragma once

#include "tasks/task.hpp"

namespace stepwell::tasks::data {

/// The resource of the task; no workflow names it.
inline constexpr const char* kReadRejected = "rows:read-rejected";

/// Parameters: Uri, as the result of the validate task names it; Check: only rows that it rejected,
/// "" for all; Offset, Limit. Gives {"columns", "total", "of_run", "rows"}: how many rows there are
/// with the check, by which run they were put aside (null: the file does not say), and of each row
/// {"file", "line", "reasons", "raw", "cells"}, the cells by column. Long texts are cut, and a page
/// of large rows has fewer than Limit of them, one at least. Fails with E_NOT_FOUND, E_DENIED, and
/// as DuckDB does.
TaskResult read_rejected_rows(const Json& parameters, TaskContext& context);

}  // namespace stepwell::tasks::data
