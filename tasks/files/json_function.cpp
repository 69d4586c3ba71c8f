#include "tasks/files/json_function.hpp"

#include "tasks/files/json_text.hpp"
#include "tasks/sql/duckdb/duckdb_vectors.hpp"

namespace stepwell::tasks::data::duckdb {
namespace {

void take_members(Handle, Handle input, Handle output) {
    const Api& api = **duckdb::api();
    const SourceVector objects(api, api.data_chunk_get_vector(input, 0));
    const SourceVector keys(api, api.data_chunk_get_vector(input, 1));
    TargetVector values(api, output);
    std::string scratch;
    const Size rows = api.data_chunk_get_size(input);
    for (Size row = 0; row < rows; ++row) {
        const bool is_null = objects.is_null(row) || keys.is_null(row);
        const auto value =
            is_null ? std::nullopt : json_member(objects.text(row), keys.text(row), scratch);
        if (value) {
            values.set_text(api, row, *value);
        } else {
            values.set_null(api, row);
        }
    }
}

}  // namespace

DataResult<void> register_json_function(void* connection) {
    const Api& api = *SW_TRY(duckdb::api());
    Handle function = api.create_scalar_function();
    Handle text = api.create_logical_type(Type::varchar);
    api.scalar_function_set_name(function, "stepwell_json_text");
    api.scalar_function_add_parameter(function, text);
    api.scalar_function_add_parameter(function, text);
    api.scalar_function_set_return_type(function, text);
    api.scalar_function_set_function(function, take_members);
    const State state = api.register_scalar_function(connection, function);
    api.destroy_scalar_function(&function);
    api.destroy_logical_type(&text);
    if (state == State::success) return {};
    return data_fail("E_INTERNAL", "expected DuckDB to take a function, but it refused");
}

}  // namespace stepwell::tasks::data::duckdb
