#include "tasks/sql/duckdb/strict_functions.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "tasks/sql/duckdb/duckdb_vectors.hpp"
#include "tasks/sql/strict_types.hpp"

namespace stepwell::tasks::data::duckdb {
namespace {

using strict::Wide;

const Api& engine() {
    return **duckdb::api();
}

/// Applies `read`, which takes a text and gives an optional of what the vector holds.
template <auto read>
void read_texts(Handle, Handle input, Handle output) {
    const Api& api = engine();
    const SourceVector texts(api, api.data_chunk_get_vector(input, 0));
    TargetVector values(api, output);
    const Size rows = api.data_chunk_get_size(input);
    for (Size row = 0; row < rows; ++row) {
        const auto value = texts.is_null(row) ? std::nullopt : read(texts.text(row));
        if (value) {
            values.set(row, *value);
        } else {
            values.set_null(api, row);
        }
    }
}

template <class T>
std::optional<T> integer_as(std::string_view text) {
    const auto value = strict::integer_of(text);
    const bool fits = value && *value >= Wide{std::numeric_limits<T>::min()} &&
                      *value <= Wide{std::numeric_limits<T>::max()};
    return fits ? std::optional<T>(static_cast<T>(*value)) : std::nullopt;
}

std::optional<Hugeint> hugeint_of(std::string_view text) {
    const auto value = strict::integer_of(text);
    if (!value) return std::nullopt;
    return Hugeint{static_cast<std::uint64_t>(*value), static_cast<std::int64_t>(*value >> 64)};
}

std::optional<float> float_of(std::string_view text) {
    const auto value = strict::double_of(text);
    if (!value) return std::nullopt;
    const auto narrow = static_cast<float>(*value);
    const bool is_lost = !std::isfinite(narrow) || (narrow == 0 && *value != 0);
    return is_lost ? std::nullopt : std::optional<float>(narrow);
}

std::optional<bool> uuid_form(std::string_view text) {
    return strict::is_uuid(text);
}
std::optional<bool> number_form(std::string_view text) {
    return strict::is_number(text);
}
std::optional<std::uint64_t> kinds(std::string_view text) {
    return strict::kinds_of(text);
}

/// The values of a constant argument, which the engine repeats for each row.
std::int32_t integer_at(const Api& api, Handle input, Size column, Size row) {
    return SourceVector(api, api.data_chunk_get_vector(input, column)).at<std::int32_t>(row);
}

/// Applies `is`, which takes a text and what the numbers behind it say.
template <auto is>
void ask_texts(Handle, Handle input, Handle output) {
    const Api& api = engine();
    const SourceVector texts(api, api.data_chunk_get_vector(input, 0));
    TargetVector verdicts(api, output);
    const Size rows = api.data_chunk_get_size(input);
    for (Size row = 0; row < rows; ++row) {
        if (texts.is_null(row)) {
            verdicts.set_null(api, row);
        } else {
            verdicts.set(row, is(api, input, texts.text(row), row));
        }
    }
}

bool is_decimal_at(const Api& api, Handle input, std::string_view text, Size row) {
    return strict::is_decimal(text, integer_at(api, input, 1, row), integer_at(api, input, 2, row));
}
bool is_timestamp_at(const Api& api, Handle input, std::string_view text, Size row) {
    return strict::is_timestamp(text, integer_at(api, input, 1, row));
}

/// Booleans as the bits of a number, the first one lowest; NULL is 0.
void bits_of(Handle, Handle input, Handle output) {
    const Api& api = engine();
    const Size rows = api.data_chunk_get_size(input);
    auto* bits = static_cast<std::int64_t*>(api.vector_get_data(output));
    std::fill(bits, bits + rows, 0);
    for (Size column = 0; column < api.data_chunk_get_column_count(input); ++column) {
        const SourceVector flags(api, api.data_chunk_get_vector(input, column));
        for (Size row = 0; row < rows; ++row) {
            const bool is_set = !flags.is_null(row) && flags.at<bool>(row);
            bits[row] |= static_cast<std::int64_t>(is_set) << column;
        }
    }
}

using Body = void (*)(Handle, Handle, Handle);

struct Function {
    const char* name;
    Type returns;
    Body body;
    int numbers = 0;  // behind the text
};

constexpr Function kFunctions[] = {
    {"stepwell_boolean", Type::boolean, read_texts<strict::boolean_of>},
    {"stepwell_tinyint", Type::tinyint, read_texts<integer_as<std::int8_t>>},
    {"stepwell_smallint", Type::smallint, read_texts<integer_as<std::int16_t>>},
    {"stepwell_integer", Type::integer, read_texts<integer_as<std::int32_t>>},
    {"stepwell_bigint", Type::bigint, read_texts<integer_as<std::int64_t>>},
    {"stepwell_hugeint", Type::hugeint, read_texts<hugeint_of>},
    {"stepwell_utinyint", Type::utinyint, read_texts<integer_as<std::uint8_t>>},
    {"stepwell_usmallint", Type::usmallint, read_texts<integer_as<std::uint16_t>>},
    {"stepwell_uinteger", Type::uinteger, read_texts<integer_as<std::uint32_t>>},
    {"stepwell_ubigint", Type::ubigint, read_texts<integer_as<std::uint64_t>>},
    {"stepwell_float", Type::float_, read_texts<float_of>},
    {"stepwell_double", Type::double_, read_texts<strict::double_of>},
    {"stepwell_date", Type::date, read_texts<strict::date_of>},
    {"stepwell_time", Type::time, read_texts<strict::time_of>},
    {"stepwell_timestamp", Type::timestamp, read_texts<strict::timestamp_of>},
    {"stepwell_moment", Type::timestamp_tz, read_texts<strict::moment_of>},
    {"stepwell_is_uuid", Type::boolean, read_texts<uuid_form>},
    {"stepwell_is_number", Type::boolean, read_texts<number_form>},
    {"stepwell_is_decimal", Type::boolean, ask_texts<is_decimal_at>, 2},
    {"stepwell_is_timestamp", Type::boolean, ask_texts<is_timestamp_at>, 1},
    {"stepwell_kinds", Type::ubigint, read_texts<kinds>},
};

DataResult<void> add_made(const Api& api, Handle connection, Handle made, const char* name) {
    const State state = api.register_scalar_function(connection, made);
    api.destroy_scalar_function(&made);
    if (state == State::success) return {};
    return data_fail("E_INTERNAL", std::string("expected DuckDB to take the function ") + name +
                                       ", but it refused");
}

DataResult<void> add_function(const Api& api, Handle connection, const Function& function) {
    Handle made = api.create_scalar_function();
    Handle text = api.create_logical_type(Type::varchar);
    Handle number = api.create_logical_type(Type::integer);
    Handle returns = api.create_logical_type(function.returns);
    api.scalar_function_set_name(made, function.name);
    api.scalar_function_add_parameter(made, text);
    for (int i = 0; i < function.numbers; ++i) api.scalar_function_add_parameter(made, number);
    api.scalar_function_set_return_type(made, returns);
    api.scalar_function_set_function(made, function.body);
    for (Handle* type : {&text, &number, &returns}) api.destroy_logical_type(type);
    return add_made(api, connection, made, function.name);
}

DataResult<void> add_bits(const Api& api, Handle connection) {
    Handle made = api.create_scalar_function();
    Handle flag = api.create_logical_type(Type::boolean);
    Handle number = api.create_logical_type(Type::bigint);
    constexpr const char* kName = "stepwell_bits";
    api.scalar_function_set_name(made, kName);
    api.scalar_function_set_varargs(made, flag);
    api.scalar_function_set_return_type(made, number);
    api.scalar_function_set_function(made, bits_of);
    for (Handle* type : {&flag, &number}) api.destroy_logical_type(type);
    return add_made(api, connection, made, kName);
}

}  // namespace

DataResult<void> register_strict_functions(void* connection) {
    const Api& api = *SW_TRY(duckdb::api());
    for (const auto& function : kFunctions) SW_TRY(add_function(api, connection, function));
    return add_bits(api, connection);
}

}  // namespace stepwell::tasks::data::duckdb
