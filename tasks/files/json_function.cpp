#include "tasks/files/json_function.hpp"

#include "tasks/files/json_object.hpp"
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

void take_faults(Handle, Handle input, Handle output) {
    const Api& api = **duckdb::api();
    const SourceVector lines(api, api.data_chunk_get_vector(input, 0));
    TargetVector faults(api, output);
    const Size rows = api.data_chunk_get_size(input);
    for (Size row = 0; row < rows; ++row) {
        const std::string fault =
            lines.is_null(row) ? std::string() : json_object_fault(lines.text(row));
        if (fault.empty()) {
            faults.set_null(api, row);
        } else {
            faults.set_text(api, row, fault);
        }
    }
}

/// A function of `parameters` texts that gives a text.
DataResult<void> register_text_function(Handle connection, const char* name, int parameters,
                                        void (*function)(Handle, Handle, Handle)) {
    const Api& api = *SW_TRY(duckdb::api());
    Handle made = api.create_scalar_function();
    Handle text = api.create_logical_type(Type::varchar);
    api.scalar_function_set_name(made, name);
    for (int i = 0; i < parameters; ++i) api.scalar_function_add_parameter(made, text);
    api.scalar_function_set_return_type(made, text);
    api.scalar_function_set_function(made, function);
    const State state = api.register_scalar_function(connection, made);
    api.destroy_scalar_function(&made);
    api.destroy_logical_type(&text);
    if (state == State::success) return {};
    return data_fail("E_INTERNAL", "expected DuckDB to take a function, but it refused");
}

}  // namespace

DataResult<void> register_json_function(void* connection) {
    SW_TRY(register_text_function(connection, "stepwell_json_text", 2, take_members));
    return register_text_function(connection, "stepwell_json_fault", 1, take_faults);
}

}  // namespace stepwell::tasks::data::duckdb
