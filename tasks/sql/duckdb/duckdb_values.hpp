// DuckDB's vectors as JSON values. One thread per chunk.
#pragma once

#include "engine/base/json.hpp"
#include "tasks/sql/duckdb/duckdb_api.hpp"

namespace stepwell::tasks::data::duckdb {

/// The value at `row` of `vector`, whose type is `logical_type`; see Rows for the forms.
/// REQUIRES: is_readable().
Json value_at(const Api& api, Handle vector, Handle logical_type, Size row);

}  // namespace stepwell::tasks::data::duckdb
