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

/// The kept rows of a condition over marks and faults: nothing else of the others is looked at.
std::string kept_rows(const Validation& validation, const std::string& condition);

/// A relation that has at least the kept rows of the condition as they stand in the files, which
/// reads only the pieces of the files that have such rows. REQUIRES: the rows are kept.
DataResult<std::string> rows_of_files(Validation& validation, const std::string& condition);

}  // namespace stepwell::tasks::data
