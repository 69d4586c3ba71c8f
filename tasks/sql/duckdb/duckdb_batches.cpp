#include "tasks/sql/duckdb/duckdb_batches.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/base/utf8.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/sql/duckdb/duckdb_error.hpp"
#include "tasks/sql/duckdb/duckdb_types.hpp"
#include "tasks/sql/duckdb/duckdb_vectors.hpp"
#include "tasks/sql/strict_types.hpp"

namespace stepwell::tasks::data::duckdb {
namespace {

using Kind = BatchValue::Kind;

/// How a column of a type gets into a batch.
enum class Form { same, text, json, refused };

Form form_of(const Api& api, Handle type);

Form form_of_members(const Api& api, Handle type) {
    for (Size i = 0; i < api.struct_type_child_count(type); ++i) {
        if (form_of(api, TypeHandle(api, api.struct_type_child_type(type, i)).get()) ==
            Form::refused)
            return Form::refused;
    }
    return Form::json;
}

/// Texts of a union, a variant or a geometry do not say all that they are.
Form form_of(const Api& api, Handle type) {
    const auto of_list = [](Form of_child) {
        return of_child == Form::refused ? Form::refused : Form::json;
    };
    const Type id = api.get_type_id(type);
    switch (id) {
        case Type::boolean:
        case Type::tinyint:
        case Type::smallint:
        case Type::integer:
        case Type::bigint:
        case Type::utinyint:
        case Type::usmallint:
        case Type::uinteger:
        case Type::float_:
        case Type::double_:
        case Type::varchar:
        case Type::blob:
        case Type::sqlnull:
            return Form::same;
        case Type::list:
        case Type::map:
            return of_list(form_of(api, TypeHandle(api, api.list_type_child_type(type)).get()));
        case Type::array:
            return of_list(form_of(api, TypeHandle(api, api.array_type_child_type(type)).get()));
        case Type::struct_:
            return form_of_members(api, type);
        case Type::bignum:
        case Type::time_ns:
            return Form::text;
        default:
            break;
    }
    const bool is_known = id >= Type::boolean && id <= Type::uhugeint && id != Type::union_;
    return is_known ? Form::text : Form::refused;
}

template <class T>
void read_integers(const SourceVector& source, Size rows, std::vector<BatchValue>& values) {
    for (Size row = 0; row < rows; ++row) {
        values[row] =
            source.is_null(row) ? BatchValue{} : BatchValue::of_integer(source.at<T>(row));
    }
}

template <class T>
void read_reals(const SourceVector& source, Size rows, std::vector<BatchValue>& values) {
    for (Size row = 0; row < rows; ++row) {
        values[row] = source.is_null(row)
                          ? BatchValue{}
                          : BatchValue::of_real(static_cast<double>(source.at<T>(row)));
    }
}

void read_bytes(const SourceVector& source, Kind kind, Size rows, std::vector<BatchValue>& values) {
    const auto* strings = static_cast<const StringData*>(source.data);
    for (Size row = 0; row < rows; ++row) {
        // Not a copy of the string's own structure: short texts are inside of it.
        values[row] =
            source.is_null(row) ? BatchValue{} : BatchValue::of_bytes(kind, text_of(strings[row]));
    }
}

/// "a"."b" -> {a, b}.
std::vector<std::string> name_parts(std::string_view quoted) {
    std::vector<std::string> parts(1);
    bool is_inside = false;
    for (std::size_t i = 0; i < quoted.size(); ++i) {
        const char c = quoted[i];
        if (c == '"') {
            const bool is_pair = is_inside && i + 1 < quoted.size() && quoted[i + 1] == '"';
            if (is_pair) parts.back() += quoted[i++];
            is_inside = is_pair || !is_inside;
        } else if (c == '.' && !is_inside) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

/// As which of five types a column's values are handed over; the engine casts what is not that.
Type handed_over(const std::string& type) {
    if (type == "boolean") return Type::boolean;
    if (type == "double" || type == "float") return Type::double_;
    if (type == "blob") return Type::blob;
    const bool is_integer = type.ends_with("int") || type == "integer" || type == "uinteger";
    const bool is_wide = type == "hugeint" || type == "uhugeint" || type == "ubigint";
    return is_integer && !is_wide ? Type::bigint : Type::varchar;
}

/// How many digits behind the second's point a timestamp may have; -1 for other types.
int fraction_of(const std::string& type) {
    if (type == "timestamp_s") return 0;
    if (type == "timestamp_ms") return 3;
    if (type == "timestamp") return 6;
    return type == "timestamp_ns" ? 9 : -1;
}

/// Whether the engine's cast of `text` to the type changes nothing.
bool is_exact(std::string_view text, const std::string& type) {
    constexpr int kAnyWidth = 10'000;
    // The engine's own forms of moments that ISO 8601 has no form for.
    const bool is_beyond = text.ends_with("infinity") || text.ends_with(" (BC)");
    if (type == "date") return is_beyond || strict::date_of(text);
    if (type == "timestamptz") return is_beyond || strict::moment_of(text);
    if (const int digits = fraction_of(type); digits >= 0)
        return is_beyond || strict::is_timestamp(text, digits);
    if (type == "time") return strict::time_of(text).has_value();
    if (type == "uuid") return strict::is_uuid(text);
    if (const auto decimal = decimal_type(type))
        return strict::is_decimal(text, decimal->width, decimal->scale);
    const bool is_integer = type.ends_with("hugeint") || type == "ubigint" || type == "bignum";
    return !is_integer || strict::is_decimal(text, kAnyWidth, 0);
}

class Appender final : public BatchWriter {
public:
    Appender(const Api& api, Handle appender, std::vector<Column> columns)
        : api_(api), appender_(appender), columns_(std::move(columns)) {
        std::vector<Handle> types;
        for (const auto& column : columns_) {
            types_.push_back(handed_over(column.type));
            types.push_back(api_.create_logical_type(types_.back()));
        }
        chunk_ = api_.create_data_chunk(types.data(), types.size());
        for (Handle& type : types) api_.destroy_logical_type(&type);
    }
    ~Appender() override {
        api_.destroy_data_chunk(&chunk_);
        api_.appender_destroy(&appender_);
    }
    Appender(const Appender&) = delete;
    Appender& operator=(const Appender&) = delete;

    DataResult<void> add(const Batch& batch) override {
        SW_ASSERT(batch.columns.size() == columns_.size());
        SW_ASSERT(batch.rows <= api_.vector_size());
        api_.data_chunk_reset(chunk_);
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            TargetVector target(api_, api_.data_chunk_get_vector(chunk_, i));
            for (std::size_t row = 0; row < batch.rows; ++row) {
                SW_TRY(set(target, i, row, batch.columns[i][row]));
            }
        }
        api_.data_chunk_set_size(chunk_, batch.rows);
        return check(api_.append_data_chunk(appender_, chunk_));
    }
    DataResult<void> finish() override { return check(api_.appender_flush(appender_)); }

private:
    DataResult<void> check(State state) const {
        if (state == State::success) return {};
        auto error = prepare_error(api_.appender_error(appender_));
        // What the appender refuses is a value.
        if (error.code == "E_CONFIG") error.code = "E_FORMAT";
        return fail(std::move(error));
    }
    [[nodiscard]] Failure<DataError> misfit(std::size_t column, const BatchValue& value) const {
        std::string scratch;
        const bool is_blob = value.kind == Kind::blob;
        return data_fail(
            "E_FORMAT", "column " + columns_[column].name + ": expected " + columns_[column].type +
                            ", but got " +
                            (is_blob ? "a blob" : "'" + std::string(value.as_text(scratch)) + "'"));
    }
    DataResult<void> set(TargetVector& target, std::size_t column, std::size_t row,
                         const BatchValue& value) {
        if (value.kind == Kind::null) {
            target.set_null(api_, row);
            return {};
        }
        if (fits(target, column, row, value)) return {};
        return misfit(column, value);
    }
    /// Sets the value, if it is one of the column's type.
    bool fits(TargetVector& target, std::size_t column, std::size_t row, const BatchValue& value) {
        switch (types_[column]) {
            case Type::boolean:
                return set_boolean(target, row, value);
            case Type::bigint:
                return set_integer(target, row, value);
            case Type::double_:
                return set_real(target, row, value);
            default:
                return set_bytes(target, column, row, value);
        }
    }
    static bool set_boolean(TargetVector& target, std::size_t row, const BatchValue& value) {
        const bool is_number = value.kind == Kind::integer;
        const auto flag = is_number                  ? std::optional<bool>(value.integer != 0)
                          : value.kind == Kind::text ? strict::boolean_of(value.bytes)
                                                     : std::nullopt;
        if (!flag || (is_number && value.integer != (*flag ? 1 : 0))) return false;
        target.set(row, *flag);
        return true;
    }
    static bool set_integer(TargetVector& target, std::size_t row, const BatchValue& value) {
        if (value.kind != Kind::integer) return false;
        target.set(row, value.integer);
        return true;
    }
    static bool set_real(TargetVector& target, std::size_t row, const BatchValue& value) {
        const bool is_integer = value.kind == Kind::integer && is_exact_real(value.integer);
        if (!is_integer && value.kind != Kind::real) return false;
        target.set(row, is_integer ? static_cast<double>(value.integer) : value.real);
        return true;
    }
    bool set_bytes(TargetVector& target, std::size_t column, std::size_t row,
                   const BatchValue& value) {
        const bool is_blob = types_[column] == Type::blob;
        if (is_blob != (value.kind == Kind::blob)) return false;
        const std::string_view bytes = is_blob ? value.bytes : value.as_text(scratch_);
        // The engine relies on texts being UTF-8.
        if (!is_blob && (!is_utf8(bytes) || !is_exact(bytes, columns_[column].type))) return false;
        target.set_text(api_, row, bytes);
        return true;
    }

    const Api& api_;
    Handle appender_;
    Handle chunk_ = nullptr;
    std::vector<Column> columns_;
    std::vector<Type> types_;
    std::string scratch_;
};

/// Appends to a temporary table of the wanted columns; finish() inserts those into the table. The
/// engine's appender knows only whole tables.
class StagedWriter final : public BatchWriter {
public:
    StagedWriter(Connection& connection, std::string insert, std::unique_ptr<BatchWriter> staged)
        : connection_(connection), insert_(std::move(insert)), staged_(std::move(staged)) {}
    DataResult<void> add(const Batch& batch) override { return staged_->add(batch); }
    DataResult<void> finish() override {
        SW_TRY(staged_->finish());
        staged_.reset();
        SW_TRY(connection_.execute(insert_));
        return {};
    }

private:
    Connection& connection_;
    std::string insert_;
    std::unique_ptr<BatchWriter> staged_;
};

}  // namespace

DataResult<std::string> batch_query(const Api& api, Handle statement, const std::string& sql,
                                    const std::vector<Column>& columns) {
    std::string select;
    std::string names;
    bool is_plain = true;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const TypeHandle type(api, api.prepared_statement_column_logical_type(statement, i));
        const Form form = form_of(api, type.get());
        if (form == Form::refused) return fail(unreadable(columns[i]));
        is_plain = is_plain && form == Form::same;
        // Not its own name, which another column may have, too.
        const std::string name = "c" + std::to_string(i);
        const std::string comma = i == 0 ? "" : ", ";
        names += comma + name;
        select += comma + (form == Form::same   ? name
                           : form == Form::text ? "cast(" + name + " as varchar)"
                                                : "cast(to_json(" + name + ") as varchar)");
    }
    if (is_plain) return sql;
    return "select " + select + " from (" + sql + "\n) as source(" + names + ")";
}

DataError unreadable(const Column& column) {
    return {"E_UNSUPPORTED", "column " + column.name + " is of type " + column.type +
                                 ", which only DuckDB itself can read; cast it to varchar in the "
                                 "SQL"};
}

void read_column(const Api& api, Handle vector, Type type, Size rows,
                 std::vector<BatchValue>& values) {
    const SourceVector source(api, vector);
    values.resize(rows);
    switch (type) {
        case Type::boolean:
            return read_integers<bool>(source, rows, values);
        case Type::tinyint:
            return read_integers<std::int8_t>(source, rows, values);
        case Type::smallint:
            return read_integers<std::int16_t>(source, rows, values);
        case Type::integer:
            return read_integers<std::int32_t>(source, rows, values);
        case Type::bigint:
            return read_integers<std::int64_t>(source, rows, values);
        case Type::utinyint:
            return read_integers<std::uint8_t>(source, rows, values);
        case Type::usmallint:
            return read_integers<std::uint16_t>(source, rows, values);
        case Type::uinteger:
            return read_integers<std::uint32_t>(source, rows, values);
        case Type::float_:
            return read_reals<float>(source, rows, values);
        case Type::double_:
            return read_reals<double>(source, rows, values);
        case Type::blob:
            return read_bytes(source, Kind::blob, rows, values);
        case Type::varchar:
            return read_bytes(source, Kind::text, rows, values);
        default:
            break;
    }
    // A column of NULLs alone has a type of its own.
    std::fill(values.begin(), values.end(), BatchValue{});
}

DataResult<std::unique_ptr<BatchWriter>> open_appender(const Api& api, Handle connection,
                                                       const std::string& table,
                                                       std::vector<Column> columns) {
    const auto parts = name_parts(table);
    // "temp" is a database, not a schema.
    const bool is_temporary = parts.size() == 2 && parts[0] == "temp";
    const char* database = is_temporary ? "temp" : nullptr;
    const char* schema = parts.size() > 1 && !is_temporary ? parts[0].c_str() : nullptr;
    Handle appender = nullptr;
    const State state =
        api.appender_create_ext(connection, database, schema, parts.back().c_str(), &appender);
    if (state == State::success) {
        return std::unique_ptr<BatchWriter>(
            std::make_unique<Appender>(api, appender, std::move(columns)));
    }
    const char* why = appender == nullptr ? nullptr : api.appender_error(appender);
    auto error = prepare_error(why == nullptr ? "the table cannot be appended to" : why);
    if (appender != nullptr) api.appender_destroy(&appender);
    return fail(std::move(error));
}

std::unique_ptr<BatchWriter> staged_writer(Connection& connection,
                                           std::unique_ptr<BatchWriter> staged,
                                           std::string insert) {
    return std::make_unique<StagedWriter>(connection, std::move(insert), std::move(staged));
}

}  // namespace stepwell::tasks::data::duckdb
