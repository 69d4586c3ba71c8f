// The rows of text files, read once into a table of the task's own, in which each row also has what
// the checks of single rows said of it: verdicts, samples, rejects and outputs all ask that table.
#pragma once

#include "tasks/validate/validate.hpp"

namespace stepwell::tasks::data {

/// Makes `rows` of what the input has, and says in `input.loose` what only loose rules take.
void make_typed_rows(const ValidateParameters& parameters, Input& input, CheckedRows& rows);

/// Reads the files into `_sw_rows`, where they are not too large for that (tasks.kept_rows), and
/// sets `rows.relation`, `marks` and `files_relation`.
DataResult<void> keep_rows(Validation& validation);

}  // namespace stepwell::tasks::data
