// The part of DuckDB's C interface that Stepwell uses, found in libduckdb.so at run time: the
// daemon and the other hosts start without it, and a build needs neither its header nor itself.
//
// Handles are opaque pointers. Names follow the library's without their "duckdb_" prefix, and
// mean what its documentation says.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data::duckdb {

using Handle = void*;
using Size = std::uint64_t;
enum class State : int { success = 0, error = 1 };

/// The library's result object: six words, of which only the library knows the meaning.
struct ResultData {
    std::uint64_t words[3];
    void* pointers[3];
};

struct Hugeint {
    std::uint64_t lower;
    std::int64_t upper;
};
struct Interval {
    std::int32_t months;
    std::int32_t days;
    std::int64_t micros;
};
struct ListEntry {
    std::uint64_t offset;
    std::uint64_t length;
};
/// A text in a vector: up to 12 bytes inside, longer ones behind a pointer after 4 bytes prefix.
struct StringData {
    std::uint32_t length;
    char inlined[12];
};
inline constexpr std::uint32_t kInlinedBytesMax = 12;

/// The numbers of the library's `duckdb_type`.
enum class Type : int {
    boolean = 1,
    tinyint = 2,
    smallint = 3,
    integer = 4,
    bigint = 5,
    utinyint = 6,
    usmallint = 7,
    uinteger = 8,
    ubigint = 9,
    float_ = 10,
    double_ = 11,
    timestamp = 12,
    date = 13,
    time = 14,
    interval = 15,
    hugeint = 16,
    varchar = 17,
    blob = 18,
    decimal = 19,
    timestamp_s = 20,
    timestamp_ms = 21,
    timestamp_ns = 22,
    enum_ = 23,
    list = 24,
    struct_ = 25,
    map = 26,
    uuid = 27,
    union_ = 28,
    bit = 29,
    time_tz = 30,
    timestamp_tz = 31,
    uhugeint = 32,
    array = 33,
    bignum = 35,
    sqlnull = 36,
    time_ns = 39,
    geometry = 40,
    variant = 41,
};

/// The numbers of the library's `duckdb_error_type`.
enum class ErrorType : int {
    out_of_range = 1,
    conversion = 2,
    mismatch_type = 5,
    divide_by_zero = 6,
    invalid_type = 8,
    transaction = 10,
    not_implemented = 11,
    catalog = 13,
    parser = 14,
    constraint = 18,
    connection = 21,
    syntax = 22,
    binder = 24,
    io = 28,
    interrupt = 29,
    fatal = 30,
    internal = 31,
    invalid_input = 32,
    out_of_memory = 33,
    permission = 34,
    dependency = 37,
    missing_extension = 39,
};

using Destroy = void (*)(void*);

struct Api {
    const char* (*library_version)();
    State (*create_config)(Handle*);
    State (*set_config)(Handle, const char*, const char*);
    void (*destroy_config)(Handle*);
    State (*open_ext)(const char*, Handle*, Handle, char**);
    void (*close)(Handle*);
    State (*connect)(Handle, Handle*);
    void (*disconnect)(Handle*);
    void (*interrupt)(Handle);
    void (*free)(void*);
    // Statements and results.
    Size (*extract_statements)(Handle, const char*, Handle*);
    const char* (*extract_statements_error)(Handle);
    State (*prepare_extracted_statement)(Handle, Handle, Size, Handle*);
    void (*destroy_extracted)(Handle*);
    const char* (*prepare_error)(Handle);
    void (*destroy_prepare)(Handle*);
    int (*prepared_statement_type)(Handle);
    Size (*nparams)(Handle);
    const char* (*parameter_name)(Handle, Size);
    State (*bind_boolean)(Handle, Size, bool);
    State (*bind_int64)(Handle, Size, std::int64_t);
    State (*bind_uint64)(Handle, Size, std::uint64_t);
    State (*bind_double)(Handle, Size, double);
    State (*bind_varchar_length)(Handle, Size, const char*, Size);
    State (*bind_null)(Handle, Size);
    Size (*prepared_statement_column_count)(Handle);
    const char* (*prepared_statement_column_name)(Handle, Size);
    Handle (*prepared_statement_column_logical_type)(Handle, Size);
    State (*execute_prepared)(Handle, ResultData*);
    State (*execute_prepared_streaming)(Handle, ResultData*);
    void (*destroy_result)(ResultData*);
    const char* (*result_error)(ResultData*);
    ErrorType (*result_error_type)(ResultData*);
    Size (*column_count)(ResultData*);
    const char* (*column_name)(ResultData*, Size);
    Handle (*column_logical_type)(ResultData*, Size);
    Size (*rows_changed)(ResultData*);
    Handle (*fetch_chunk)(ResultData);
    // Chunks, vectors, types.
    void (*destroy_data_chunk)(Handle*);
    Size (*data_chunk_get_size)(Handle);
    Size (*data_chunk_get_column_count)(Handle);
    void (*data_chunk_set_size)(Handle, Size);
    Handle (*data_chunk_get_vector)(Handle, Size);
    void* (*vector_get_data)(Handle);
    std::uint64_t* (*vector_get_validity)(Handle);
    void (*vector_ensure_validity_writable)(Handle);
    void (*vector_assign_string_element_len)(Handle, Size, const char*, Size);
    /// The same without a look at the text, where the library has that (1.5).
    void (*assign_utf8)(Handle, Size, const char*, Size);
    Handle (*list_vector_get_child)(Handle);
    Handle (*array_vector_get_child)(Handle);
    Handle (*struct_vector_get_child)(Handle, Size);
    Size (*vector_size)();
    Handle (*create_logical_type)(Type);
    void (*destroy_logical_type)(Handle*);
    Type (*get_type_id)(Handle);
    std::uint8_t (*decimal_width)(Handle);
    std::uint8_t (*decimal_scale)(Handle);
    Type (*decimal_internal_type)(Handle);
    Type (*enum_internal_type)(Handle);
    char* (*enum_dictionary_value)(Handle, Size);
    Handle (*list_type_child_type)(Handle);
    Handle (*array_type_child_type)(Handle);
    Size (*array_type_array_size)(Handle);
    Size (*struct_type_child_count)(Handle);
    char* (*struct_type_child_name)(Handle, Size);
    Handle (*struct_type_child_type)(Handle, Size);
    // Table functions.
    Handle (*create_table_function)();
    void (*destroy_table_function)(Handle*);
    void (*table_function_set_name)(Handle, const char*);
    void (*table_function_add_parameter)(Handle, Handle);

    void (*table_function_set_bind)(Handle, void (*)(Handle));
    void (*table_function_set_init)(Handle, void (*)(Handle));
    void (*table_function_set_local_init)(Handle, void (*)(Handle));
    void (*table_function_set_function)(Handle, void (*)(Handle, Handle));
    void (*table_function_supports_projection_pushdown)(Handle, bool);
    State (*register_table_function)(Handle, Handle);
    Handle (*bind_get_parameter)(Handle, Size);
    std::int64_t (*get_int64)(Handle);
    void (*destroy_value)(Handle*);
    void (*bind_add_result_column)(Handle, const char*, Handle);
    void (*bind_set_bind_data)(Handle, void*, Destroy);
    void (*bind_set_cardinality)(Handle, Size, bool);
    void (*bind_set_error)(Handle, const char*);
    void* (*init_get_bind_data)(Handle);
    void (*init_set_init_data)(Handle, void*, Destroy);
    Size (*init_get_column_count)(Handle);
    Size (*init_get_column_index)(Handle, Size);
    void (*init_set_max_threads)(Handle, Size);
    void (*init_set_error)(Handle, const char*);
    void* (*function_get_bind_data)(Handle);
    void* (*function_get_init_data)(Handle);
    void* (*function_get_local_init_data)(Handle);
    void (*function_set_error)(Handle, const char*);
    // Scalar functions.
    Handle (*create_scalar_function)();
    void (*destroy_scalar_function)(Handle*);
    void (*scalar_function_set_name)(Handle, const char*);
    void (*scalar_function_add_parameter)(Handle, Handle);
    void (*scalar_function_set_varargs)(Handle, Handle);
    void (*scalar_function_set_return_type)(Handle, Handle);
    void (*scalar_function_set_function)(Handle, void (*)(Handle, Handle, Handle));
    State (*register_scalar_function)(Handle, Handle);
    // Appending.
    Handle (*create_data_chunk)(Handle*, Size);
    void (*data_chunk_reset)(Handle);
    State (*appender_create_ext)(Handle, const char*, const char*, const char*, Handle*);
    State (*append_data_chunk)(Handle, Handle);
    State (*appender_flush)(Handle);
    State (*appender_destroy)(Handle*);
    const char* (*appender_error)(Handle);
};

/// The library, loaded once; looked for in STEPWELL_DUCKDB_LIB (a file), beside the executable,
/// in ../lib/stepwell, in /usr/lib/stepwell, and where a development build put it.
///
/// Fails with E_UNSUPPORTED, saying where it looked and what to install, or that it is too old.
DataResult<const Api*> api();

}  // namespace stepwell::tasks::data::duckdb
