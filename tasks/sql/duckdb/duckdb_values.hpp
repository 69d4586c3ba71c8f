// DuckDB's vectors as JSON values, and its types as text. One thread per chunk.
#pragma once

#include <string>

#include "engine/base/json.hpp"
#include "tasks/sql/duckdb/duckdb_api.hpp"

namespace stepwell::tasks::data::duckdb {

/// "bigint", "decimal(18,2)", "varchar[]", "struct(a integer, b varchar)".
std::string type_name(const Api& api, Handle logical_type);

/// The value at `row` of `vector`, whose type is `logical_type`; see Rows for the forms.
Json value_at(const Api& api, Handle vector, Handle logical_type, Size row);

}  // namespace stepwell::tasks::data::duckdb
