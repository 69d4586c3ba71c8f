// Each format's files as a relation, and what holds where the columns of several files differ
// (schema_policy).
#pragma once

#include "tasks/data/input.hpp"

namespace stepwell::tasks::data {

/// What the file's name ends in, in small letters and without what says how it is packed: ".csv" of
/// "A.CSV.gz".
std::string ending_of(const InputFile& file);

/// REQUIRES for all below: input.files and input.format are set; `connection` is DuckDB's.

DataResult<void> open_csv(DataSession& session, const InputSpec& spec, Input& input);
/// JSON objects, one in each line.
DataResult<void> open_ndjson(DataSession& session, Connection& connection, const InputSpec& spec,
                             Input& input);
/// Arrays of JSON objects.
DataResult<void> open_json(DataSession& session, Connection& connection, const InputSpec& spec,
                           Input& input);
/// Fails with E_SCHEMA where a column's types in the files have no exact one in common.
DataResult<void> open_parquet(DataSession& session, Connection& connection, const InputSpec& spec,
                              Input& input);

}  // namespace stepwell::tasks::data
