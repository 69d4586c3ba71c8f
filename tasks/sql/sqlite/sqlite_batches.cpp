#include "tasks/sql/sqlite/sqlite_batches.hpp"

#include <cmath>

#include "tasks/sql/strict_types.hpp"

namespace stepwell::tasks::data {
namespace {

using Kind = BatchValue::Kind;

BatchValue batch_value(sqlite3_stmt* statement, int index, BatchBytes& bytes) {
    const auto taken = [&](Kind kind) {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, index));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
        return BatchValue::of_bytes(kind, bytes.keep({data == nullptr ? "" : data, size}));
    };
    switch (sqlite3_column_type(statement, index)) {
        case SQLITE_INTEGER:
            return BatchValue::of_integer(sqlite3_column_int64(statement, index));
        case SQLITE_FLOAT:
            return BatchValue::of_real(sqlite3_column_double(statement, index));
        case SQLITE_TEXT:
            return taken(Kind::text);
        case SQLITE_BLOB:
            return taken(Kind::blob);
        default:
            return {};
    }
}

/// What SQLite makes of a value in a column that is declared so (its rules, in their order).
enum class Affinity { none, integer, text, real, numeric };

Affinity affinity_of(const std::string& declared) {
    const auto has = [&](const char* part) { return declared.find(part) != declared.npos; };
    if (has("int")) return Affinity::integer;
    if (has("char") || has("clob") || has("text")) return Affinity::text;
    if (has("blob") || declared.empty()) return Affinity::none;
    if (has("real") || has("floa") || has("doub")) return Affinity::real;
    return Affinity::numeric;
}

/// Whether SQLite would store another number than the value is.
bool loses_digits(const BatchValue& value, Affinity affinity) {
    const bool is_number = affinity != Affinity::none && affinity != Affinity::text;
    if (!is_number) return false;
    const auto is_long = [&](std::int64_t number) {
        return affinity == Affinity::real && !is_exact_real(number);
    };
    if (value.kind == Kind::integer) return is_long(value.integer);
    if (value.kind != Kind::text) return false;
    const std::string type = strict::type_of_kinds(strict::kinds_of(value.bytes));
    if (type == "bigint") {
        const auto number = strict::integer_of(value.bytes);
        return number && is_long(static_cast<std::int64_t>(*number));
    }
    return type == "hugeint" || type.starts_with("decimal");
}

class SqliteWriter final : public BatchWriter {
public:
    SqliteWriter(std::shared_ptr<Database> database, sqlite3* handle, sqlite3_stmt* statement,
                 std::vector<Column> columns)
        : database_(std::move(database)),
          handle_(handle),
          statement_(statement),
          columns_(std::move(columns)) {
        for (const auto& column : columns_) {
            affinities_.push_back(affinity_of(column.type));
        }
        scratch_.resize(columns_.size());
    }
    ~SqliteWriter() override { sqlite3_finalize(statement_); }
    SqliteWriter(const SqliteWriter&) = delete;
    SqliteWriter& operator=(const SqliteWriter&) = delete;

    DataResult<void> add(const Batch& batch) override {
        SW_ASSERT(batch.columns.size() == columns_.size());
        for (std::size_t row = 0; row < batch.rows; ++row) {
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                SW_TRY(bind(i, batch.columns[i][row]));
            }
            const int done = sqlite3_step(statement_);
            sqlite3_reset(statement_);
            if (done != SQLITE_DONE) return fail(sqlite_error(handle_, done));
        }
        return {};
    }
    DataResult<void> finish() override { return {}; }

private:
    DataResult<void> bind(std::size_t column, const BatchValue& value) {
        const int index = static_cast<int>(column) + 1;
        if (loses_digits(value, affinities_[column])) {
            return data_fail("E_FORMAT", "column " + columns_[column].name +
                                             ": expected a number that SQLite holds (64 bits, 15 "
                                             "digits), but got '" +
                                             std::string(value.as_text(scratch_[column])) +
                                             "'; declare or cast the column as varchar");
        }
        const int bound = affinities_[column] == Affinity::text && value.kind == Kind::real
                              ? bind_text(index, value.as_text(scratch_[column]))
                              : bind_value(index, value);
        if (bound != SQLITE_OK) return fail(sqlite_error(handle_, bound));
        return {};
    }
    /// The text must live until the row is inserted.
    int bind_text(int index, std::string_view text) {
        return sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
    }
    int bind_value(int index, const BatchValue& value) {
        switch (value.kind) {
            case Kind::null:
                return sqlite3_bind_null(statement_, index);
            case Kind::integer:
                return sqlite3_bind_int64(statement_, index, value.integer);
            case Kind::real:
                // SQLite would store a NULL.
                if (std::isnan(value.real)) return bind_text(index, "nan");
                return sqlite3_bind_double(statement_, index, value.real);
            case Kind::text:
                return bind_text(index, value.bytes);
            case Kind::blob:
                return sqlite3_bind_blob64(statement_, index, value.bytes.data(),
                                           value.bytes.size(), SQLITE_STATIC);
        }
        return SQLITE_MISUSE;
    }

    std::shared_ptr<Database> database_;
    sqlite3* handle_;
    sqlite3_stmt* statement_;
    std::vector<Column> columns_;
    std::vector<Affinity> affinities_;
    std::vector<std::string> scratch_;  // texts of numbers, until the row is inserted
};

}  // namespace

DataResult<int> read_sqlite_batches(sqlite3_stmt* statement, std::size_t columns,
                                    const std::function<DataResult<void>(const Batch&)>& consume) {
    Batch batch(columns);
    BatchBytes bytes;
    for (auto& column : batch.columns) column.resize(Batch::kRowsMax);
    const auto hand_over = [&]() -> DataResult<void> {
        SW_TRY(consume(batch));
        batch.rows = 0;
        bytes.clear();
        return {};
    };
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        for (std::size_t i = 0; i < columns; ++i) {
            batch.columns[i][batch.rows] = batch_value(statement, static_cast<int>(i), bytes);
        }
        if (++batch.rows == Batch::kRowsMax) SW_TRY(hand_over());
    }
    if (batch.rows > 0 && result == SQLITE_DONE) SW_TRY(hand_over());
    return result;
}

std::unique_ptr<BatchWriter> sqlite_writer(std::shared_ptr<Database> database, sqlite3* handle,
                                           sqlite3_stmt* statement, std::vector<Column> columns) {
    return std::make_unique<SqliteWriter>(std::move(database), handle, statement,
                                          std::move(columns));
}

}  // namespace stepwell::tasks::data
