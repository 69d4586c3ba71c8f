#include "tasks/sql/duckdb/duckdb_api.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace stepwell::tasks::data::duckdb {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> candidates() {
    if (const char* named = std::getenv("STEPWELL_DUCKDB_LIB"); named != nullptr && *named != 0) {
        return {fs::path(named)};
    }
    std::vector<fs::path> paths;
    std::error_code ignored;
    const fs::path executable = fs::read_symlink("/proc/self/exe", ignored);
    if (!executable.empty()) {
        paths.push_back(executable.parent_path() / "libduckdb.so");
        paths.push_back(executable.parent_path() / "../lib/stepwell/libduckdb.so");
    }
    paths.emplace_back("/usr/lib/stepwell/libduckdb.so");
#ifdef SW_DUCKDB_BUILD_FOLDER
    paths.emplace_back(SW_DUCKDB_BUILD_FOLDER "/libduckdb.so");
#endif
    return paths;
}

/// "v1.5.5" -> {1, 5}; a development version without numbers counts as new.
bool is_new_enough(const std::string& version) {
    const std::size_t dot = version.find('.');
    if (!version.starts_with('v') || dot < 2 || dot == version.npos) return true;
    const long major = std::strtol(version.c_str() + 1, nullptr, 10);
    const long minor = std::strtol(version.c_str() + dot + 1, nullptr, 10);
    return major > 1 || (major == 1 && minor >= 4);
}

DataResult<void*> open_library() {
    std::string places;
    for (const auto& path : candidates()) {
        places += (places.empty() ? "" : ", ") + path.string();
        std::error_code ignored;
        if (!fs::exists(path, ignored)) continue;
        if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
        const char* why = dlerror();
        return data_fail("E_UNSUPPORTED", "expected DuckDB's library in " + path.string() +
                                              ", but it does not load: " + (why ? why : "?"));
    }
    return data_fail("E_UNSUPPORTED",
                     "expected DuckDB's library (libduckdb.so 1.4 or newer), but found none; "
                     "looked at " +
                         places +
                         "; put it there or name it in STEPWELL_DUCKDB_LIB; tasks on SQLite "
                         "work without it");
}

/// Fills one member; false where the library lacks the function.
template <class F>
bool find(void* library, const char* name, F& member) {
    member = reinterpret_cast<F>(dlsym(library, name));
    return member != nullptr;
}

#define SW_FIND(name) \
    if (!find(library, "duckdb_" #name, api.name)) missing = "duckdb_" #name

void fill_statements(void* library, Api& api, std::string& missing) {
    SW_FIND(library_version);
    SW_FIND(create_config);
    SW_FIND(set_config);
    SW_FIND(destroy_config);
    SW_FIND(open_ext);
    SW_FIND(close);
    SW_FIND(connect);
    SW_FIND(disconnect);
    SW_FIND(interrupt);
    SW_FIND(free);
    SW_FIND(extract_statements);
    SW_FIND(extract_statements_error);
    SW_FIND(prepare_extracted_statement);
    SW_FIND(destroy_extracted);
    SW_FIND(prepare_error);
    SW_FIND(destroy_prepare);
    SW_FIND(prepared_statement_type);
    SW_FIND(nparams);
    SW_FIND(parameter_name);
    SW_FIND(bind_boolean);
    SW_FIND(bind_int64);
    SW_FIND(bind_uint64);
    SW_FIND(bind_double);
    SW_FIND(bind_varchar_length);
    SW_FIND(bind_null);
    SW_FIND(prepared_statement_column_count);
    SW_FIND(prepared_statement_column_name);
    SW_FIND(prepared_statement_column_logical_type);
    SW_FIND(execute_prepared);
    SW_FIND(execute_prepared_streaming);
    SW_FIND(destroy_result);
    SW_FIND(result_error);
    SW_FIND(result_error_type);
    SW_FIND(column_count);
    SW_FIND(column_name);
    SW_FIND(column_logical_type);
    SW_FIND(rows_changed);
}

void fill_vectors_and_types(void* library, Api& api, std::string& missing) {
    SW_FIND(fetch_chunk);
    SW_FIND(destroy_data_chunk);
    SW_FIND(data_chunk_get_size);
    SW_FIND(data_chunk_get_column_count);
    SW_FIND(data_chunk_set_size);
    SW_FIND(data_chunk_get_vector);
    SW_FIND(vector_get_data);
    SW_FIND(vector_get_validity);
    SW_FIND(vector_ensure_validity_writable);
    SW_FIND(vector_assign_string_element_len);
    if (!find(library, "duckdb_unsafe_vector_assign_string_element_len", api.assign_utf8))
        api.assign_utf8 = api.vector_assign_string_element_len;
    SW_FIND(list_vector_get_child);
    SW_FIND(array_vector_get_child);
    SW_FIND(struct_vector_get_child);
    SW_FIND(vector_size);
    SW_FIND(create_logical_type);
    SW_FIND(destroy_logical_type);
    SW_FIND(get_type_id);
    SW_FIND(decimal_width);
    SW_FIND(decimal_scale);
    SW_FIND(decimal_internal_type);
    SW_FIND(enum_internal_type);
    SW_FIND(enum_dictionary_value);
    SW_FIND(list_type_child_type);
    SW_FIND(array_type_child_type);
    SW_FIND(array_type_array_size);
    SW_FIND(struct_type_child_count);
    SW_FIND(struct_type_child_name);
    SW_FIND(struct_type_child_type);
}

void fill_table_functions(void* library, Api& api, std::string& missing) {
    SW_FIND(create_table_function);
    SW_FIND(destroy_table_function);
    SW_FIND(table_function_set_name);
    SW_FIND(table_function_add_parameter);
    SW_FIND(table_function_set_bind);
    SW_FIND(table_function_set_init);
    SW_FIND(table_function_set_local_init);
    SW_FIND(table_function_set_function);
    SW_FIND(table_function_supports_projection_pushdown);
    SW_FIND(register_table_function);
    SW_FIND(bind_get_parameter);
    SW_FIND(get_int64);
    SW_FIND(destroy_value);
    SW_FIND(bind_add_result_column);
    SW_FIND(bind_set_bind_data);
    SW_FIND(bind_set_cardinality);
    SW_FIND(bind_set_error);
    SW_FIND(init_get_bind_data);
    SW_FIND(init_set_init_data);
    SW_FIND(init_get_column_count);
    SW_FIND(init_get_column_index);
    SW_FIND(init_set_max_threads);
    SW_FIND(init_set_error);
    SW_FIND(function_get_bind_data);
    SW_FIND(function_get_init_data);
    SW_FIND(function_get_local_init_data);
    SW_FIND(function_set_error);
}

void fill_scalar_functions(void* library, Api& api, std::string& missing) {
    SW_FIND(create_scalar_function);
    SW_FIND(destroy_scalar_function);
    SW_FIND(scalar_function_set_name);
    SW_FIND(scalar_function_add_parameter);
    SW_FIND(scalar_function_set_varargs);
    SW_FIND(scalar_function_set_return_type);
    SW_FIND(scalar_function_set_function);
    SW_FIND(register_scalar_function);
}

void fill_appenders(void* library, Api& api, std::string& missing) {
    SW_FIND(create_data_chunk);
    SW_FIND(data_chunk_reset);
    SW_FIND(appender_create_ext);
    SW_FIND(append_data_chunk);
    SW_FIND(appender_flush);
    SW_FIND(appender_destroy);
    SW_FIND(appender_error);
}
#undef SW_FIND

/// False where the library lacks something; says what.
bool fill(void* library, Api& api, std::string& missing) {
    fill_statements(library, api, missing);
    fill_vectors_and_types(library, api, missing);
    fill_table_functions(library, api, missing);
    fill_scalar_functions(library, api, missing);
    fill_appenders(library, api, missing);
    return missing.empty();
}

DataResult<const Api*> load() {
    void* library = SW_TRY(open_library());
    static Api api;
    std::string missing;
    if (!fill(library, api, missing)) {
        return data_fail("E_UNSUPPORTED",
                         "expected DuckDB 1.4 or newer, but this library has no " + missing);
    }
    const std::string version = api.library_version();
    if (!is_new_enough(version)) {
        return data_fail("E_UNSUPPORTED",
                         "expected DuckDB 1.4 or newer, but this library is " + version);
    }
    return &api;
}

}  // namespace

DataResult<const Api*> api() {
    static const DataResult<const Api*> loaded = load();
    return loaded;
}

}  // namespace stepwell::tasks::data::duckdb
