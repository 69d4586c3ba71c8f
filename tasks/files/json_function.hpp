// json_text.hpp as a function of SQL: stepwell_json_text(object, key).
#pragma once

#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data::duckdb {

/// Makes the function known to the database of `connection` (the engine's own handle).
DataResult<void> register_json_function(void* connection);

}  // namespace stepwell::tasks::data::duckdb
