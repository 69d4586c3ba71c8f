// The definition of strict_types.hpp as functions of SQL: stepwell_bigint(text) and so on, NULL
// where the text is not of the type. A function reads a text once, in about the time of the
// engine's own cast and a third of that of a pattern and a cast.
#pragma once

#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data::duckdb {

/// Makes the functions known to the database of `connection` (the engine's own handle).
DataResult<void> register_strict_functions(void* connection);

}  // namespace stepwell::tasks::data::duckdb
